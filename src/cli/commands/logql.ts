import type { Command } from 'commander';
import { type Expr, parse, prettify, print, runScript } from '../../logs/query/query.ts';
import { languageCommand, type QueryLanguage } from './query-language.ts';

const scriptHelp = `
A script loads lines and says what queries over them give:

  load {app="web"}
    10s level=info msg="GET /"
    20s level=error msg="GET /cart"
  eval lines {app="web"} | logfmt | level="error"
    20s {app="web", level="error", msg="GET /cart"} level=error msg="GET /cart"
  eval instant at 1m count_over_time({app="web"}[1m])
    {app="web"} 2

`;

export const logql: QueryLanguage<Expr> = {
  name: 'logql',
  title: 'LogQL',
  test: {
    description: 'Run scripts (load, eval, expected rows) against the engine.',
    example: 'alerts.test',
    help: scriptHelp,
    run: runScript,
  },
  fmt: { example: 'sum(rate({app="web"}|="x"[5m]))by(pod)' },
  parse: { example: '{app="web"} | json | status >= 500' },
  read: parse,
  print,
  prettify,
};

export function command(): Command {
  return languageCommand(logql);
}
