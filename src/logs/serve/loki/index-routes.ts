import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Nanos } from '../../../base/nanotime.ts';
import { getOrPost } from '../../../http/http.ts';
import { type LabelRecord, type Matcher, provenanceLabel } from '../../query/query.ts';
import { selectPushed, selectStreams } from '../source/selected-streams.ts';
import { pushedLabels } from '../source/stream-labels.ts';
import { bad, Parameters } from './parameters.ts';
import { sampleJson, sortedJson } from './result-json.ts';
import { sendJson } from './send.ts';
import { type StreamSize, sizesOf } from './stream-sizes.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';

const limitDefault = 100;

/** `index/stats`, `index/volume` and `index/volume_range`: how much there is, from what the store knows without reading lines. */
export function registerIndexRoutes(app: FastifyInstance, parts: Surroundings): void {
  const { store, clock, settings } = parts;
  const asked = (request: FastifyRequest) => {
    const parameters = new Parameters(request, clock.nowMs());
    const range = parameters.range();
    const matchers = parameters.matchers();
    const selection = {
      scope: scopeOf(parts, request),
      matchers,
      sinceNs: range.startNs,
      untilNs: range.endNs + 1n,
      isInAnyOrder: true,
    };
    const { instances } = selectStreams(store, { ...selection, isPushedLeftOut: true });
    const selected = { instances, pushed: selectPushed(store, selection) };
    return { parameters, range, matchers, selected };
  };

  getOrPost(app, '/index/stats', async (request, reply) => {
    const { range, selected } = asked(request);
    const attested = new Set<string>();
    for (const { streams } of selected.instances) for (const { labels } of streams) attested.add(sortedJson(labels));
    const chunks = selected.instances.length + selected.pushed.length;
    const counts = { streams: attested.size + selected.pushed.length, chunks, bytes: 0, entries: 0 };
    for (const { bytes, entries } of sizesOf(selected, range.startNs, range.endNs + 1n)) {
      counts.bytes += bytes;
      counts.entries += entries;
    }
    counts.bytes = Math.round(counts.bytes);
    counts.entries = Math.round(counts.entries);
    return sendJson(request, reply, [JSON.stringify(counts)]);
  });

  getOrPost(app, '/index/volume', async (request, reply) => {
    const { parameters, range, matchers, selected } = asked(request);
    const grouping = groupingOf(parameters, matchers, settings.volumeSeriesMax);
    const volumes = volumesOf(sizesOf(selected, range.startNs, range.endNs + 1n), grouping);
    const timeMs = Number(range.endNs / 1_000_000n);
    const rows = volumes.map(([metric, bytes]) => `{"metric":${metric},"value":${sampleJson(timeMs, bytes)}}`);
    return sendJson(request, reply, [resultText('vector', rows)]);
  });

  getOrPost(app, '/index/volume_range', async (request, reply) => {
    const { parameters, range, matchers, selected } = asked(request);
    const grouping = groupingOf(parameters, matchers, settings.volumeSeriesMax);
    const stepNs = parameters.boundedStepNs(range);
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
  return { by, names: [...new Set(names)], limit, groupsMax };
}

/** Bytes by group, the largest first. */
function volumesOf(
  sizes: Iterable<StreamSize>,
  { by, names, limit, groupsMax }: Grouping,
): [metric: string, bytes: number][] {
  const groups = new Map<string, { metric: string; bytes: number }>();
  const add = (key: string, bytes: number, metric: () => Record<string, string>) => {
    const known = groups.get(key);
    if (known) known.bytes += bytes;
    else groups.set(key, { metric: sortedJson(metric()), bytes });
    if (groups.size > groupsMax) throw bad(`the query hit the max number of series limit (limit: ${groupsMax} series)`);
  };
  const isMarkAsked = names.length === 0 || names.includes(provenanceLabel);
  for (const { labels: own, isPushed, bytes } of sizes) {
    const labels = isPushed && isMarkAsked ? pushedLabels(own) : own;
    const kept = names.length === 0 ? Object.keys(labels) : names.filter((name) => Object.hasOwn(labels, name));
    if (by === 'labels') for (const name of kept) add(name, bytes, () => ({ [name]: '' }));
    else if (kept.length > 0) {
      add(keyOf(kept, labels), bytes, () => Object.fromEntries(kept.map((name) => [name, labels[name]!])));
    }
  }
  const volumes = Array.from(groups.values(), ({ metric, bytes }): [string, number] => [metric, Math.round(bytes)]);
  return volumes.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, limit);
}

/** The same for the same labels, and for no others. */
function keyOf(names: readonly string[], labels: LabelRecord): string {
  let key = '';
  for (const name of names) key += `${name}=${labels[name]!.length}:${labels[name]};`;
  return key;
}

function resultText(resultType: string, rows: readonly string[]): string {
  return `{"status":"success","data":{"resultType":"${resultType}","result":[${rows.join(',')}]}}`;
}
