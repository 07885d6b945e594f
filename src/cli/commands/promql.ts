import type { Command } from 'commander';
import { allFeatures, type Expr, parse, prettify, print, runScript } from '../../series/query/query.ts';
import { languageCommand, type QueryLanguage } from './query-language.ts';

const promql: QueryLanguage<Expr> = {
  name: 'promql',
  title: 'PromQL',
  test: {
    description: "Run scripts in Prometheus's test format (load, eval, expected rows) against the engine.",
    example: 'rules.test',
    help: '\n',
    run: async (script) => (await runScript(script)).outcomes,
  },
  fmt: { example: 'sum(rate(x[5m]))by(job)' },
  parse: { example: 'up == 0' },
  read: (query) => parse(query, allFeatures),
  print,
  prettify,
};

export function command(): Command {
  return languageCommand(promql);
}
