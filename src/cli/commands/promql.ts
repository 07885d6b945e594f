import { readFileSync } from 'node:fs';
import { Argument, Command, Option } from 'commander';
import { Fault, messageOf } from '../../base/fault.ts';
import { allFeatures, type CaseOutcome, parse, prettify, print, runScript } from '../../series/query/query.ts';

export function command(): Command {
  return new Command('promql')
    .description('Test and format PromQL.')
    .addCommand(testCommand())
    .addCommand(formatCommand())
    .addCommand(parseCommand());
}

function testCommand(): Command {
  return new Command('test')
    .description("Run scripts in Prometheus's test format (load, eval, expected rows) against the engine.")
    .addArgument(new Argument('<file...>', 'scripts'))
    .addHelpText('after', '\nExamples:\n  taffrail promql test rules.test\n\nThe exit code is 1 if any case failed.\n')
    .action(async (files: string[]) => {
      let failed = 0;
      for (const file of files) failed += await runFile(file);
      if (failed > 0) process.exitCode = 1;
    });
}

/** Prints a line for the file and what failed in it; gives the number of failures. */
async function runFile(file: string): Promise<number> {
  const { outcomes } = await runScript(readText(file));
  const of = (status: CaseOutcome['status']) => outcomes.filter((outcome) => outcome.status === status);
  const failures = of('failed');
  process.stdout.write(`${file}: ${of('passed').length} passed, ${failures.length} failed, ${skips(of('skipped'))}\n`);
  for (const { line, query, detail } of failures) {
    process.stdout.write(`  ${file}:${line}: ${query === '' ? '' : `${query}\n    `}${detail}\n`);
  }
  return failures.length;
}

function skips(skipped: CaseOutcome[]): string {
  const counts = new Map<string, number>();
  for (const { detail } of skipped) counts.set(detail, (counts.get(detail) ?? 0) + 1);
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ');
  return reasons === '' ? '0 skipped' : `${skipped.length} skipped (${reasons})`;
}

function formatCommand(): Command {
  return new Command('fmt')
    .description('Print a query in its canonical form, long parts on lines of their own.')
    .addArgument(new Argument('<query>', 'a PromQL query'))
    .addHelpText('after', "\nExamples:\n  taffrail promql fmt 'sum(rate(x[5m]))by(job)'\n")
    .action((query: string) => void process.stdout.write(`${prettify(parse(query, allFeatures))}\n`));
}

function parseCommand(): Command {
  return new Command('parse')
    .description('Check a query, or show how it is understood.')
    .addArgument(new Argument('<query>', 'a PromQL query'))
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .addHelpText('after', "\nExamples:\n  taffrail promql parse -o json 'up == 0'\n")
    .action((query: string, { output }: { output: 'text' | 'json' }) => {
      const expr = parse(query, allFeatures);
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
