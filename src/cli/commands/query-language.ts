import { readFileSync } from 'node:fs';
import { text as textOf } from 'node:stream/consumers';
import { Argument, Command, Option } from 'commander';
import { Fault, messageOf } from '../../base/fault.ts';

export interface CaseOutcome {
  status: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  detail: string;
  query: string;
  line: number;
}

/** What the commands `test`, `fmt` and `parse` of a query language are made of. */
export interface QueryLanguage<Expr> {
  /** Of the command. */
  name: string;
  /** As people write it. */
  title: string;
  test: { description: string; example: string; help: string; run(script: string): Promise<readonly CaseOutcome[]> };
  parse: { example: string };
  fmt: { example: string };
  read(query: string): Expr;
  print(expr: Expr): string;
  prettify(expr: Expr): string;
}

export function languageCommand<Expr>(language: QueryLanguage<Expr>): Command {
  return new Command(language.name)
    .description(`Test and format ${language.title}.`)
    .addCommand(testCommand(language))
    .addCommand(formatCommand(language, `taffrail ${language.name} fmt`))
    .addCommand(parseCommand(language));
}

function testCommand<Expr>({ name, test }: QueryLanguage<Expr>): Command {
  return new Command('test')
    .description(test.description)
    .addArgument(new Argument('<file...>', 'scripts'))
    .addHelpText('after', `\nExamples:\n  taffrail ${name} test ${test.example}\n${test.help}`)
    .addHelpText('after', 'The exit code is 1 if any case failed.\n')
    .action(async (files: string[]) => {
      let failed = 0;
      for (const file of files) failed += tell(file, await test.run(readText(file)));
      if (failed > 0) process.exitCode = 1;
    });
}

/** Prints a line for the file and what failed in it; gives the number of failures. */
function tell(file: string, outcomes: readonly CaseOutcome[]): number {
  const of = (status: CaseOutcome['status']) => outcomes.filter((outcome) => outcome.status === status);
  const failures = of('failed');
  process.stdout.write(`${file}: ${of('passed').length} passed, ${failures.length} failed${skips(of('skipped'))}\n`);
  for (const { line, query, detail } of failures) {
    process.stdout.write(`  ${file}:${line}: ${query === '' ? '' : `${query}\n    `}${detail}\n`);
  }
  return failures.length;
}

function skips(skipped: readonly CaseOutcome[]): string {
  if (skipped.length === 0) return '';
  const counts = Map.groupBy(skipped, ({ detail }) => detail);
  return `, ${skipped.length} skipped (${[...counts].map(([reason, { length }]) => `${length} ${reason}`).join(', ')})`;
}

/** Formats a query that is given, or comes on standard input. `typed`: how the command is called. */
export function formatCommand<Expr>({ title, fmt, read, prettify }: QueryLanguage<Expr>, typed: string): Command {
  return new Command('fmt')
    .description(`Print a ${title} query in its canonical form, long parts on lines of their own.`)
    .addArgument(new Argument('[query]', `a ${title} query (default: what standard input holds)`))
    .addHelpText('after', `\nExamples:\n  ${typed} '${fmt.example}'\n  ${typed} < query.txt\n`)
    .action(async (query: string | undefined) => {
      process.stdout.write(`${prettify(read(query ?? (await textOf(process.stdin))))}\n`);
    });
}

function parseCommand<Expr>({ name, title, parse, read, print }: QueryLanguage<Expr>): Command {
  return new Command('parse')
    .description('Check a query, or show how it is understood.')
    .addArgument(new Argument('<query>', `a ${title} query`))
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .addHelpText('after', `\nExamples:\n  taffrail ${name} parse -o json '${parse.example}'\n`)
    .action((query: string, { output }: { output: 'text' | 'json' }) => {
      const expr = read(query);
      process.stdout.write(output === 'json' ? `${JSON.stringify(expr, null, 2)}\n` : `${print(expr)}\n`);
    });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Fault('usage', `cannot read ${file}: ${messageOf(error)}`);
  }
}
