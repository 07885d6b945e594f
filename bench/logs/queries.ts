/**
 * The twelve queries, each as LogQL and as LogsQL of the same meaning. LogQL's `|=` finds any piece of text, LogsQL's phrases only whole words: a phrase
 * stands here where both find the same lines of this corpus, and else `~"…"`, which is how LogsQL finds pieces.
 */
export interface BenchQuery {
  name: string;
  /**
   * `count` gives one number over the whole range, `lines` the newest lines, `series` counts of five minutes by a label, `top` counts of
   * values over the whole range, of which only the highest ten are given.
   */
  kind: 'count' | 'lines' | 'series' | 'top';
  /** The stream selector and what follows it; what counts is put around it. */
  logql: string;
  logsql: string;
  /** The label that is counted by. */
  by?: string;
  limit?: number;
}

const all = '{namespace=~".+"}';

export const queries: readonly BenchQuery[] = [
  { name: 'absent needle', kind: 'count', logql: `${all} |= "xq-never-there-0000"`, logsql: '"xq-never-there-0000"' },
  {
    name: 'rare needle, 10 lines',
    kind: 'lines',
    logql: `${all} |= "quixotic marmalade"`,
    logsql: '"quixotic marmalade"',
    limit: 1000,
  },
  { name: 'frequent word, counted', kind: 'count', logql: `${all} |= "tenant"`, logsql: 'tenant' },
  { name: 'substring inside a token', kind: 'count', logql: `${all} |= "ompone"`, logsql: '~"ompone"' },
  {
    name: 'case-insensitive',
    kind: 'count',
    logql: `${all} |~ "(?i)CONNECTION refused"`,
    logsql: 'i("CONNECTION refused")',
  },
  {
    name: 'regex with a literal',
    kind: 'count',
    logql: `${all} |~ "duration=[0-9]{2,}ms"`,
    logsql: '~"duration=[0-9]{2,}ms"',
  },
  {
    name: 'regex without one',
    kind: 'count',
    logql: `${all} |~ "[a-f][0-9]{3}[a-f]{2}[0-9]"`,
    logsql: '~"[a-f][0-9]{3}[a-f]{2}[0-9]"',
  },
  { name: 'negative filter', kind: 'count', logql: `${all} != "GET"`, logsql: '!GET' },
  {
    name: 'json field filter',
    kind: 'count',
    logql: `${all} | json | response_code >= 500`,
    logsql: '* | unpack_json fields (response_code) | filter response_code:>=500',
  },
  {
    name: 'logfmt field filter, by label over time',
    kind: 'series',
    logql: `${all} | logfmt | level="error"`,
    logsql: '* | unpack_logfmt fields (level) | filter level:=error',
    by: 'container',
  },
  {
    name: 'top 10 by a parsed field',
    kind: 'top',
    logql: `${all} | json | path != ""`,
    logsql: '* | unpack_json fields (path) | filter path:*',
    by: 'path',
  },
  {
    name: 'last 100 lines of a selector',
    kind: 'lines',
    logql: '{namespace="shop", container="storefront"}',
    logsql: '{namespace="shop", container="storefront"}',
    limit: 100,
  },
];
