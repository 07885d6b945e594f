import {
  type EngineOptions,
  type QueryResult,
  type RangeRequest,
  rangeQuery,
  type StreamResult,
} from '../../query/query.ts';

/** Lines asked for at a time, most of which will be left out. */
const pageLines = 1000;

/**
 * The lines of a log query of which each is at least `intervalNs` after (backward: before) the one before it, over all streams. Read
 * in pages; each begins where the next line may be.
 */
export async function spacedLines(
  request: RangeRequest,
  intervalNs: bigint,
  options: EngineOptions,
): Promise<QueryResult> {
  const { limit = 100, direction = 'backward' } = request;
  const isForward = direction === 'forward';
  const perPage = Math.max(limit, Math.min(pageLines, options.entriesMax ?? pageLines));
  const picked: QueryResult[] = [];
  let [startNs, endNs] = [request.startNs, request.endNs];
  for (let count = 0; count < limit && startNs < endNs; ) {
    const page = await rangeQuery({ ...request, startNs, endNs, limit: perPage }, options);
    if (page.value.type !== 'streams') return page;
    const { streams, lastNs, taken, seen } = spaced(page.value.streams, intervalNs, isForward, limit - count);
    picked.push({ ...page, value: { type: 'streams', streams } });
    count += taken;
    if (seen < perPage || lastNs === undefined) break;
    if (isForward) startNs = lastNs + intervalNs;
    else endNs = lastNs - intervalNs + 1n;
  }
  return together(picked);
}

function spaced(streams: readonly StreamResult[], intervalNs: bigint, isForward: boolean, limit: number) {
  const all = streams.flatMap((stream) => stream.entries.map((entry) => ({ stream, entry })));
  const sign = isForward ? 1n : -1n;
  all.sort((a, b) => Number(sign * (a.entry.timeNs - b.entry.timeNs)));
  const kept = new Map<StreamResult, StreamResult>();
  let lastNs: bigint | undefined;
  let taken = 0;
  for (const { stream, entry } of all) {
    if (taken >= limit) break;
    if (lastNs !== undefined && sign * (entry.timeNs - lastNs) < intervalNs) continue;
    const copy = kept.get(stream) ?? { ...stream, entries: [] };
    copy.entries.push(entry);
    kept.set(stream, copy);
    lastNs = entry.timeNs;
    taken++;
  }
  return { streams: [...kept.values()], lastNs, taken, seen: all.length };
}

function together(results: readonly QueryResult[]): QueryResult {
  const [first, ...others] = results;
  if (first === undefined) throw new Error('an interval query has read nothing');
  const streams = results.flatMap(({ value }) => (value.type === 'streams' ? value.streams : []));
  const statistics = { ...first.statistics };
  for (const other of others) {
    for (const name of Object.keys(statistics) as (keyof typeof statistics)[])
      statistics[name] += other.statistics[name];
  }
  return { value: { type: 'streams', streams }, statistics, warnings: results.flatMap(({ warnings }) => warnings) };
}
