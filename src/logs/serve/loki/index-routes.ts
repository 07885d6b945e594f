import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Nanos } from '../../../base/nanotime.ts';
import type { Matcher } from '../../query/query.ts';
import { selectStreams } from '../source/selected-streams.ts';
import { bad, Parameters } from './parameters.ts';
import { sampleJson, sortedJson } from './result-json.ts';
import { sendJson } from './send.ts';
import { type StreamSize, sizesOf } from './stream-sizes.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';

/** Steps that a range of volumes may have. */
const volumeStepsMax = 11_000;
const limitDefault = 100;

/** `index/stats`, `index/volume` and `index/volume_range`: how much there is, from what the store knows without reading lines. */
export function registerIndexRoutes(app: FastifyInstance, parts: Surroundings): void {
  const { store, clock, settings } = parts;
  const asked = (request: FastifyRequest) => {
    const parameters = new Parameters(request, clock.nowMs());
    const range = parameters.range();
    const matchers = parameters.matchers();
    const selected = selectStreams(store, {
      scope: scopeOf(parts, request),
      matchers,
      sinceNs: range.startNs,
      untilNs: range.endNs + 1n,
    });
    return { parameters, range, matchers, selected };
  };

  app.route({
    method: ['GET', 'POST'],
    url: '/index/stats',
    handler: async (request, reply) => {
      const { range, selected } = asked(request);
      const sizes = sizesOf(selected, range.startNs, range.endNs + 1n);
      const total = (field: 'bytes' | 'entries') => Math.round(sizes.reduce((sum, size) => sum + size[field], 0));
      const streams = new Set(sizes.map(({ labels }) => sortedJson(labels))).size;
      const counts = {
        streams,
        chunks: selected.instances.length + selected.pushed.length,
        bytes: total('bytes'),
        entries: total('entries'),
      };
      return sendJson(request, reply, [JSON.stringify(counts)]);
    },
  });

  app.route({
    method: ['GET', 'POST'],
    url: '/index/volume',
    handler: async (request, reply) => {
      const { parameters, range, matchers, selected } = asked(request);
      const grouping = groupingOf(parameters, matchers, settings.volumeSeriesMax);
      const volumes = volumesOf(sizesOf(selected, range.startNs, range.endNs + 1n), grouping);
      const timeMs = Number(range.endNs / 1_000_000n);
      const rows = volumes.map(([metric, bytes]) => `{"metric":${metric},"value":${sampleJson(timeMs, bytes)}}`);
      return sendJson(request, reply, [resultText('vector', rows)]);
    },
  });

  app.route({
    method: ['GET', 'POST'],
    url: '/index/volume_range',
    handler: async (request, reply) => {
      const { parameters, range, matchers, selected } = asked(request);
      const grouping = groupingOf(parameters, matchers, settings.volumeSeriesMax);
      const stepNs = BigInt(Math.trunc(parameters.stepNs(range)));
      if ((range.endNs - range.startNs) / stepNs > volumeStepsMax) {
        throw bad(`exceeded maximum resolution of ${volumeStepsMax.toLocaleString('en-US')} points per time series`);
      }
      const series = new Map<string, string[]>();
      for (const { fromNs, toNs } of stepsOf(range, stepNs)) {
        for (const [metric, bytes] of volumesOf(sizesOf(selected, fromNs, toNs), grouping)) {
          const samples = series.get(metric) ?? [];
          samples.push(sampleJson(Number(toNs / 1_000_000n), bytes));
          series.set(metric, samples);
        }
      }
      const rows = [...series].map(([metric, samples]) => `{"metric":${metric},"values":[${samples.join(',')}]}`);
      return sendJson(request, reply, [resultText('matrix', rows)]);
    },
  });
}

function* stepsOf({ startNs, endNs }: { startNs: Nanos; endNs: Nanos }, stepNs: bigint) {
  for (let fromNs = startNs; fromNs < endNs; fromNs += stepNs) {
    const toNs = fromNs + stepNs;
    yield { fromNs, toNs: toNs < endNs ? toNs : endNs };
  }
}

interface Grouping {
  /** Volumes of label names (`labels`), or of values of these labels (`series`). */
  by: 'labels' | 'series';
  names: readonly string[];
  limit: number;
  /** More groups than this are refused, however many of them are asked for. */
  groupsMax: number;
}

function groupingOf(parameters: Parameters, matchers: readonly Matcher[], groupsMax: number): Grouping {
  const by = parameters.text('aggregateBy') || 'series';
  if (by !== 'labels' && by !== 'series')
    throw bad("invalid aggregation option; valid options are 'series' and 'labels'");
  const targets = parameters
    .text('targetLabels')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const limit = parameters.text('limit') === '0' ? limitDefault : parameters.limit();
  // Without targets it is the labels that were asked about; of all labels, where nothing was.
  const names = targets.length > 0 ? targets : by === 'series' ? matchers.map(({ name }) => name) : [];
  return { by, names, limit, groupsMax };
}

/** Bytes by group, the largest first. */
function volumesOf(
  sizes: readonly StreamSize[],
  { by, names, limit, groupsMax }: Grouping,
): [metric: string, bytes: number][] {
  const bytesOf = new Map<string, number>();
  const add = (metric: Record<string, string>, bytes: number) => {
    const key = sortedJson(metric);
    bytesOf.set(key, (bytesOf.get(key) ?? 0) + bytes);
    if (bytesOf.size > groupsMax)
      throw bad(`the query hit the max number of series limit (limit: ${groupsMax} series)`);
  };
  for (const { labels, bytes } of sizes) {
    const kept = Object.keys(labels).filter((name) => names.length === 0 || names.includes(name));
    if (by === 'labels') for (const name of kept) add({ [name]: '' }, bytes);
    else if (kept.length > 0) add(Object.fromEntries(kept.map((name) => [name, labels[name]!])), bytes);
  }
  const volumes = [...bytesOf].map(([metric, bytes]): [string, number] => [metric, Math.round(bytes)]);
  return volumes.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, limit);
}

function resultText(resultType: string, rows: readonly string[]): string {
  return `{"status":"success","data":{"resultType":"${resultType}","result":[${rows.join(',')}]}}`;
}
