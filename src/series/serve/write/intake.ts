import { Fault } from '../../../base/fault.ts';
import type { Labels } from '../../query/query.ts';
import type { Appended, SeriesWriter } from '../../store/store.ts';
import type { KnownSeries } from './known-series.ts';
import { InvalidSeries, type ReceivedWrite } from './received-series.ts';

/** Who writes, as far as it decides what may be written. */
export interface Writer {
  tenant: string;
  namespaces: '*' | readonly string[];
}

/** What became of a request: samples by their fate, and the first reasons for what was not taken. */
export interface Outcome {
  /** Taken, or held already. */
  written: number;
  /** By reason; what is here was dropped, and the sender is told. */
  refused: Map<string, number>;
  /** How many samples, by what is wrong with them. */
  problems: Map<string, number>;
}

/** Problems that an answer spells out; the rest is counted. */
const problemsMax = 10;
/** A store that forgets series while they are written is asked this often. */
const roundsMax = 3;

/** Gives what was received to the store. Rejects as `append` does; then nothing counts as taken. */
export async function takeIn(
  received: ReceivedWrite,
  writer: Writer,
  store: SeriesWriter,
  known: KnownSeries,
): Promise<Outcome> {
  const outcome: Outcome = { written: 0, refused: new Map(), problems: new Map() };
  const { samples } = received;
  const refs = refsOf(received, writer, store, known, outcome);
  const given: number[] = [];
  for (let at = 0; at < samples.length; at++) {
    const ref = refs[samples.seriesOf[at]!]!;
    samples.refs[at] = ref;
    if (ref > 0) given.push(at);
  }
  if (given.length < samples.length) samples.keep(given);
  for (let round = 1; samples.length > 0; round++) {
    const appended = await store.append(writer.tenant, samples.columns());
    count(appended, outcome);
    const { unknownRefs } = appended;
    if (unknownRefs.length === 0) break;
    if (round === roundsMax) throw new Fault('unavailable', 'the store forgets series faster than they are written');
    samples.keep(unknownRefs);
    askAgain(received, writer, store, known, outcome);
  }
  for (const [metric, metadata] of received.metadata) store.setMetadata(writer.tenant, metric, metadata);
  return outcome;
}

/** The ref of each series of the request; 0 where it is not taken. */
function refsOf(
  received: ReceivedWrite,
  writer: Writer,
  store: SeriesWriter,
  known: KnownSeries,
  outcome: Outcome,
): Float64Array {
  const { keyBytes, keyStarts, keyEnds, seriesCount } = received;
  const refs = new Float64Array(seriesCount);
  const missing: number[] = [];
  for (let series = 0; series < seriesCount; series++) {
    refs[series] = known.ref(keyBytes, keyStarts[series]!, keyEnds[series]!);
    if (refs[series] === 0) missing.push(series);
  }
  if (missing.length > 0) learn(missing, refs, received, writer, store, known, outcome);
  return refs;
}

/** Asks the store for the refs of series that are not known. */
function learn(
  missing: readonly number[],
  refs: Float64Array,
  received: ReceivedWrite,
  writer: Writer,
  store: SeriesWriter,
  known: KnownSeries,
  outcome: Outcome,
): void {
  const counts = sampleCounts(received);
  const asked: number[] = [];
  const labels: Labels[] = [];
  for (const series of missing) {
    try {
      const its = received.labels(series);
      if (!mayWrite(writer, its)) throw new InvalidSeries(`series of this namespace may not be written: ${its}`);
      labels.push(its);
      asked.push(series);
    } catch (error) {
      if (!(error instanceof InvalidSeries)) throw error;
      refuse(outcome, 'invalid', counts[series]!, error.message);
    }
  }
  const found = store.series(writer.tenant, labels);
  asked.forEach((series, at) => {
    refs[series] = found.refs[at]!;
    if (refs[series] === 0) refuse(outcome, 'limit', counts[series]!, found.refused ?? 'a limit is reached');
    known.set(received.keyBytes, received.keyStarts[series]!, received.keyEnds[series]!, refs[series]!);
  });
}

function askAgain(
  received: ReceivedWrite,
  writer: Writer,
  store: SeriesWriter,
  known: KnownSeries,
  outcome: Outcome,
): void {
  const { samples, seriesCount } = received;
  const refs = new Float64Array(seriesCount);
  learn([...new Set(samples.seriesOf.subarray(0, samples.length))], refs, received, writer, store, known, outcome);
  const given: number[] = [];
  for (let at = 0; at < samples.length; at++) {
    samples.refs[at] = refs[samples.seriesOf[at]!]!;
    if (samples.refs[at]! > 0) given.push(at);
  }
  samples.keep(given);
}

function sampleCounts({ samples, seriesCount }: ReceivedWrite): Uint32Array {
  const counts = new Uint32Array(seriesCount);
  for (let at = 0; at < samples.length; at++) counts[samples.seriesOf[at]!]!++;
  return counts;
}

function mayWrite({ namespaces }: Writer, labels: Labels): boolean {
  return namespaces === '*' || namespaces.includes(labels.get('namespace'));
}

/** Worded as Prometheus words them, since senders and people look for these texts. */
function count({ taken, repeated, conflicting, tooOld, tooNew }: Appended, outcome: Outcome): void {
  outcome.written += taken + repeated;
  refuse(outcome, 'conflicting', conflicting, 'duplicate sample for timestamp');
  refuse(outcome, 'too-old', tooOld, 'out of order sample: older than the out-of-order window');
  refuse(outcome, 'too-new', tooNew, 'out of bounds: too far in the future');
}

function refuse(outcome: Outcome, reason: string, samples: number, problem: string): void {
  if (samples === 0 && reason !== 'invalid' && reason !== 'limit') return;
  outcome.refused.set(reason, (outcome.refused.get(reason) ?? 0) + samples);
  const { problems } = outcome;
  if (problems.has(problem) || problems.size < problemsMax) {
    problems.set(problem, (problems.get(problem) ?? 0) + samples);
  }
}

/** A line for each. */
export function problemTexts({ problems }: Outcome): string[] {
  return [...problems].map(([problem, samples]) => `${problem} (${samples} sample${samples === 1 ? '' : 's'})`);
}
