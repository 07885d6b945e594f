/** The door of this room: what an agent and a store say to each other, in memory, on the wire and on disk. */
export * from './batch-builder.ts';
export { plainTextEncoder, type TextEncoder } from './column-writer.ts';
export { LINE_MALFORMED, LINE_STDERR, LINE_TRUNCATED, LINE_UNTERMINATED } from './columns.ts';
export type { TextForm } from './envelope.ts';
export * from './frame.ts';
export * from './frame-head.ts';
export * from './identity.ts';
export * from './labels.ts';
export * from './lines.ts';
export * from './protocol.ts';
export * from './pushed-builder.ts';
export { encodePushedLines } from './pushed-encoder.ts';
export * from './pushed-frame.ts';
export * from './range-hash.ts';
