/** The door: LogQL. Parse, print, and run queries over any source of lines. */
export * from './syntax/ast.ts';
export * from './syntax/parse.ts';
export * from './syntax/parse-error.ts';
export * from './syntax/prettify.ts';
export { print } from './syntax/print.ts';
