import { readFileSync } from 'node:fs';
import { Argument, Command, Option } from 'commander';
import { Fault, messageOf } from '../../base/fault.ts';
import { parse, prettify, print, runScript } from '../../logs/query/query.ts';

export function command(): Command {
  return new Command('logql')
    .description('Test and format LogQL.')
    .addCommand(testCommand())
    .addCommand(formatCommand())
    .addCommand(parseCommand());
}

const scriptHelp = `
A script loads lines and says what queries over them give:

  load {app="web"}
    10s level=info msg="GET /"
    20s level=error msg="GET /cart"
  eval lines {app="web"} | logfmt | level="error"
    20s {app="web", level="error", msg="GET /cart"} level=error msg="GET /cart"
  eval instant at 1m count_over_time({app="web"}[1m])
    {app="web"} 2

The exit code is 1 if any case failed.
`;

function testCommand(): Command {
  return new Command('test')
    .description('Run scripts (load, eval, expected rows) against the engine.')
    .addArgument(new Argument('<file...>', 'scripts'))
    .addHelpText('after', `\nExamples:\n  taffrail logql test alerts.test\n${scriptHelp}`)
    .action(async (files: string[]) => {
      let failed = 0;
      for (const file of files) failed += await runFile(file);
      if (failed > 0) process.exitCode = 1;
    });
}

/** Prints a line for the file and what failed in it; gives the number of failures. */
async function runFile(file: string): Promise<number> {
  const outcomes = await runScript(readText(file));
  const failures = outcomes.filter(({ status }) => status === 'failed');
  process.stdout.write(`${file}: ${outcomes.length - failures.length} passed, ${failures.length} failed\n`);
  for (const { line, query, detail } of failures) {
    process.stdout.write(`  ${file}:${line}: ${query === '' ? '' : `${query}\n    `}${detail}\n`);
  }
  return failures.length;
}

function formatCommand(): Command {
  return new Command('fmt')
    .description('Print a query in its canonical form, long parts on lines of their own.')
    .addArgument(new Argument('<query>', 'a LogQL query'))
    .addHelpText('after', `\nExamples:\n  taffrail logql fmt 'sum(rate({app="web"}|="x"[5m]))by(pod)'\n`)
    .action((query: string) => void process.stdout.write(`${prettify(parse(query))}\n`));
}

function parseCommand(): Command {
  return new Command('parse')
    .description('Check a query, or show how it is understood.')
    .addArgument(new Argument('<query>', 'a LogQL query'))
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .addHelpText('after', `\nExamples:\n  taffrail logql parse -o json '{app="web"} | json | status >= 500'\n`)
    .action((query: string, { output }: { output: 'text' | 'json' }) => {
      const expr = parse(query);
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
