import {
  createMatcher,
  Labels,
  type Matcher,
  metricName,
  type QueryResult,
  type Scope,
  type SeriesEngine,
  type SeriesMetadata,
  type SeriesQuery,
  type SeriesSelection,
} from '../query/query.ts';
import { callApi, dataOf, type RemoteAccess } from './http-api.ts';
import { type ApiData, queryResult } from './result.ts';
import { scopedQuery, scopedSelector } from './scoped-query.ts';

/** Times beyond these are no limit at all, and some servers refuse them. */
const timeMsMax = 8.64e15;
const truncatedWarning = 'results truncated due to limit';

/**
 * PromQL, answered by another server: Prometheus, Thanos, Mimir, VictoriaMetrics. A query goes there as it is, with the caller's
 * scope written into its selectors, and its samples never come here. What that server cannot do, it says in its own words.
 */
export class RemoteEngine implements SeriesEngine {
  readonly #access: RemoteAccess;

  constructor(access: RemoteAccess) {
    this.#access = access;
  }

  async run(query: SeriesQuery): Promise<QueryResult> {
    const { data, warnings, infos } = await dataOf<ApiData>(await this.#query(query));
    return queryResult(data, warnings, infos);
  }

  async runToJson(query: SeriesQuery): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#query(query)).body ?? nothing();
  }

  async matching(selection: SeriesSelection) {
    // There has to be a condition that not everything meets.
    const all = selection.matchers.length > 0 ? selection.matchers : [[createMatcher('=~', metricName, '.+')]];
    const list = await this.#list<Record<string, string>>('/api/v1/series', { ...selection, matchers: all });
    return { series: list.items.map((one) => Labels.of(one)), truncated: list.truncated };
  }

  async labelNames(selection: SeriesSelection) {
    const { items, truncated } = await this.#list<string>('/api/v1/labels', selection);
    return { names: items, truncated };
  }

  async labelValues(label: string, selection: SeriesSelection) {
    const path = `/api/v1/label/${encodeURIComponent(pathLabel(label))}/values`;
    const { items, truncated } = await this.#list<string>(path, selection, 'GET');
    return { names: items, truncated };
  }

  async metadata(scope: Scope, metric: string | undefined, limit: number): Promise<Map<string, SeriesMetadata[]>> {
    const form = new URLSearchParams({ limit: String(limit), ...(metric !== undefined && { metric }) });
    const response = await callApi(this.#access, scope, '/api/v1/metadata', form, { method: 'GET' });
    const { data } = await dataOf<Record<string, SeriesMetadata[]>>(response);
    return new Map(Object.entries(data).slice(0, limit));
  }

  #query(query: SeriesQuery): Promise<Response> {
    const { startMs, endMs, stepMs, scope, timeoutMs, lookbackMs, seriesMax, stats, signal } = query;
    const isInstant = stepMs === 0;
    const form = new URLSearchParams({
      query: scopedQuery(query.query, scope),
      ...(isInstant
        ? { time: seconds(startMs) }
        : { start: seconds(startMs), end: seconds(endMs), step: seconds(stepMs) }),
      ...(timeoutMs !== undefined && { timeout: `${Math.ceil(timeoutMs)}ms` }),
      ...(lookbackMs !== undefined && { lookback_delta: `${Math.ceil(lookbackMs)}ms` }),
      ...(seriesMax && { limit: String(seriesMax) }),
      ...(stats && { stats: 'all' }),
    });
    const path = isInstant ? '/api/v1/query' : '/api/v1/query_range';
    return callApi(this.#access, scope, path, form, signal ? { signal } : {});
  }

  async #list<T>(
    path: string,
    { scope, matchers, minMs, maxMs, limit }: SeriesSelection,
    method: 'GET' | 'POST' = 'POST',
  ): Promise<{ items: T[]; truncated: boolean }> {
    const form = new URLSearchParams({ limit: String(limit) });
    if (Math.abs(minMs) <= timeMsMax) form.set('start', seconds(minMs));
    if (Math.abs(maxMs) <= timeMsMax) form.set('end', seconds(maxMs));
    for (const selector of selectorsOf(matchers, scope)) form.append('match[]', selector);
    const { data, warnings } = await dataOf<T[]>(await callApi(this.#access, scope, path, form, { method }));
    // Servers that do not know the limit are cut here.
    const truncated = data.length > limit || warnings.some((warning) => warning.includes(truncatedWarning));
    return { items: data.slice(0, limit), truncated };
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function selectorsOf(matchers: readonly (readonly Matcher[])[], scope: Scope): string[] {
  if (matchers.length > 0) return matchers.map((all) => scopedSelector(all, scope));
  return scope.namespaces === '*' ? [] : [scopedSelector([], scope)];
}

function seconds(ms: number): string {
  return String(ms / 1000);
}

/** What does not fit into a path is escaped as Prometheus 3 has it; other servers take the name as it is. */
function pathLabel(name: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && !name.startsWith('U__')) return name;
  const escaped = [...name].map((character) => {
    if (character === '_') return '__';
    return /[a-zA-Z0-9:]/.test(character) ? character : `_${character.codePointAt(0)!.toString(16)}_`;
  });
  return `U__${escaped.join('')}`;
}
