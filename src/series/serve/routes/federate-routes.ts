import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { formatGeneral } from '../../../base/go-float.ts';
import { type Labels, metricName, type SourceSeries } from '../../query/query.ts';
import type { SeriesStore } from '../../store/store.ts';
import { Parameters } from './parameters.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';

export interface FederateParts extends Surroundings {
  /** Whose samples are given. */
  source: Pick<SeriesStore, 'select'>;
  lookbackMs: number;
}

/** What one request may read. */
const limits = { seriesMax: 1_000_000, samplesMax: 50_000_000 };
/** Text is gathered up to about this length before it becomes bytes. */
const pieceCharsMax = 64 * 1024;
const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 2;

/** The latest sample of each selected series, as exposition text with timestamps: what another Prometheus scrapes. */
export function registerFederateRoutes(app: FastifyInstance, parts: FederateParts): void {
  const { principalOf, source, clock, lookbackMs } = parts;
  app.get('/federate', async (request, reply) => {
    const scope = scopeOf(principalOf(request));
    const nowMs = clock.nowMs();
    const latest = new Map<string, Latest>();
    for (const matchers of new Parameters(request).selectors()) {
      for (const series of await source.select(scope, matchers, nowMs - lookbackMs, nowMs, limits)) {
        const sample = latestOf(series, nowMs - lookbackMs, nowMs);
        if (sample) latest.set(series.labels.key, sample);
      }
    }
    reply.type('text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8');
    return reply.send(Readable.from(pieces([...latest.values()].sort(byMetric))));
  });
}

interface Latest {
  metric: string;
  labels: Labels;
  timeMs: number;
  value: number;
}

/** Staleness markers cannot be written in this format: a series that has ended is left out. */
function latestOf({ labels, timestampsMs, values }: SourceSeries, minMs: number, maxMs: number): Latest | undefined {
  let at = timestampsMs.length - 1;
  while (at >= 0 && timestampsMs[at]! > maxMs) at--;
  if (at < 0 || timestampsMs[at]! < minMs) return undefined;
  const words = new Uint32Array(values.buffer, values.byteOffset + 8 * at, 2);
  if (words[1] === STALE_HIGH && words[0] === STALE_LOW) return undefined;
  const metric = labels.get(metricName);
  return metric === '' ? undefined : { metric, labels, timeMs: timestampsMs[at]!, value: values[at]! };
}

function byMetric(a: Latest, b: Latest): number {
  return a.metric < b.metric ? -1 : a.metric > b.metric ? 1 : 0;
}

function* pieces(all: readonly Latest[]): Generator<Buffer> {
  let text = '';
  let last: string | undefined;
  for (const sample of all) {
    if (sample.metric !== last) text += `# TYPE ${quotedName(sample.metric)} untyped\n`;
    last = sample.metric;
    text += lineOf(sample);
    if (text.length < pieceCharsMax) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** An empty instance label is always written, as Prometheus does: with honor_labels it keeps the scraper from adding its own. */
function lineOf({ metric, labels, timeMs, value }: Latest): string {
  const pairs: string[] = [];
  const isPlain = plainMetric.test(metric);
  if (!isPlain) pairs.push(quotedName(metric));
  for (const [name, text] of labels.entries()) {
    if (name !== metricName) pairs.push(`${plainLabel.test(name) ? name : quotedName(name)}="${escaped(text)}"`);
  }
  if (!labels.has('instance')) pairs.push('instance=""');
  return `${isPlain ? metric : ''}{${pairs.join(',')}} ${formatGeneral(value)} ${timeMs}\n`;
}

const plainMetric = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const plainLabel = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function quotedName(name: string): string {
  return plainMetric.test(name) ? name : `"${escaped(name)}"`;
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
