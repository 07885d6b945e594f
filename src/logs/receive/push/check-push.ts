import { formatRfc3339Nano } from '../../../base/nanotime.ts';
import type { LabelRecord } from '../../batch/batch.ts';
import { levelLabel, levelOfFields, levelOfLine, levelOfSeverity, normalizedLevel } from '../../level/level.ts';
import type { PushedStreamLines } from '../../store/store.ts';
import { type CheckedLabels, KnownLabels } from './known-labels.ts';
import { isLabelName, LabelSyntaxError, normalizedName, printLabels, shown } from './label-syntax.ts';
import { pushLimits } from './limits.ts';
import { parseLabels } from './parse-labels.ts';
import type { Problems } from './problems.ts';
import { levelSets, scannedLevels } from './push-scan.ts';
import { lineCountOf, type ReceivedStream, type ScannedLines } from './received-stream.ts';
import { serviceNameLabel, serviceSource, withServiceName } from './service-name.ts';

const knownLabels = new KnownLabels();

/** What of a request can be stored, with what Loki adds. What cannot is noted in `problems`. */
export function checkedStreams(
  received: readonly ReceivedStream[],
  nowMs: number,
  problems: Problems,
): PushedStreamLines[] {
  const interned = new Interned();
  const newestSeconds = (nowMs + pushLimits.futureMsMax) / 1000;
  const checked: PushedStreamLines[] = [];
  for (const stream of received) {
    const labels = checkedLabels(stream, problems);
    if (labels && lineCountOf(stream) > 0)
      checked.push(checkedLines(stream, labels, newestSeconds, interned, problems));
  }
  return checked;
}

/** With `service_name`. Undefined where the labels are not acceptable. */
function checkedLabels(stream: ReceivedStream, problems: Problems): CheckedLabels | undefined {
  const { labels } = stream;
  const text = textOf(labels);
  const known = knownLabels.get(text);
  if (known) return known;
  try {
    const pairs = isText(labels) ? parseLabels(labels.toString()) : labels;
    const alike = latest && likeLatest(latest, pairs);
    if (alike) {
      knownLabels.add(text, alike);
      return alike;
    }
    const kept = pairs.some(([, value]) => value === '') ? pairs.filter(([, value]) => value !== '') : pairs;
    const fault = faultOfLabels(pairs, kept);
    if (fault) {
      problems.add(fault.reason, lineCountOf(stream), fault.message);
      return undefined;
    }
    const record = recordOf(byName(withServiceName(kept)));
    const checked: CheckedLabels = { labels: record, level: levelOfFields(record), tenant: undefined, id: undefined };
    knownLabels.add(text, checked);
    if (kept === pairs) latest = latestOf(pairs, record, checked.level);
    return checked;
  } catch (error) {
    if (!(error instanceof LabelSyntaxError)) throw error;
    const message = `Error parsing labels '${shown(text.toString())}' with error: ${error.message}`;
    problems.add('invalid_labels', lineCountOf(stream), message);
    return undefined;
  }
}

/** Pairs begin with a bracket as JSON, and labels as text never do. */
function textOf(labels: ReceivedStream['labels']): Buffer {
  if (Buffer.isBuffer(labels)) return labels;
  return Buffer.from(typeof labels === 'string' ? labels : JSON.stringify(labels));
}

function isText(labels: ReceivedStream['labels']): labels is Buffer | string {
  return typeof labels === 'string' || Buffer.isBuffer(labels);
}

/** Acceptable labels of a stream, none of which is empty, and what became of them. */
interface Latest {
  pairs: Pairs;
  record: LabelRecord;
  level: string | undefined;
  /** The name of the label that names the service. */
  source: string | undefined;
}

let latest: Latest | undefined;

function latestOf(pairs: Pairs, record: LabelRecord, level: string | undefined): Latest | undefined {
  // To assign it would not make a property.
  if (Object.hasOwn(record, '__proto__')) return undefined;
  return { pairs, record, level, source: serviceSource(pairs)?.[0] };
}

/**
 * Streams that come one after another mostly have the same names and few other values: what was found of the names holds, and of two equal
 * texts one is kept. Undefined where they are not so much alike.
 */
function likeLatest({ pairs: before, record: known, level, source }: Latest, pairs: Pairs): CheckedLabels | undefined {
  if (pairs.length !== before.length) return undefined;
  const record: Record<string, string> = { ...known };
  for (let i = 0; i < pairs.length; i++) {
    const [name, value] = pairs[i]!;
    const [nameBefore, valueBefore] = before[i]!;
    if (name !== nameBefore) return undefined;
    if (value === valueBefore) continue;
    if (value === '' || takesMoreBytes(value, pushLimits.labelValueBytesMax)) return undefined;
    record[name] = standalone(value);
    if (name === source) record[serviceNameLabel] = record[name];
  }
  const told = level === undefined ? undefined : levelOfFields(record);
  latest = { pairs, record, level: told, source };
  return { labels: record, level: told, tenant: undefined, id: undefined };
}

function recordOf(pairs: Pairs): LabelRecord {
  const before = latest?.record;
  return Object.fromEntries(
    pairs.map(([name, value]) => [name, before?.[name] === value ? before[name] : standalone(value)]),
  );
}

/** Not a slice of all the labels' text, which would live as long. */
function standalone(value: string): string {
  return value.length < SLICE_CHARS_MIN ? value : (JSON.parse(JSON.stringify(value)) as string);
}

/** What is shorter V8 copies. */
const SLICE_CHARS_MIN = 13;

type Pairs = readonly (readonly [name: string, value: string])[];

/** No name is there twice. */
function byName(pairs: Pairs): Pairs {
  return isByName(pairs) ? pairs : [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
}

function isByName(pairs: Pairs): boolean {
  return pairs.every(([name], i) => i === 0 || pairs[i - 1]![0] < name);
}

/** A message shows no more labels of a stream. */
const shownLabelsMax = 100;

function faultOfLabels(pairs: Pairs, kept: Pairs): { reason: string; message: string } | undefined {
  const { labelNamesMax, labelNameBytesMax, labelValueBytesMax } = pushLimits;
  const stream = () => printLabels(Object.fromEntries(kept.slice(0, shownLabelsMax)));
  const count = kept.length;
  if (count === 0) return { reason: 'missing_labels', message: 'error at least one label pair is required per stream' };
  if (count > labelNamesMax && count - (kept.some(([name]) => name === serviceNameLabel) ? 1 : 0) > labelNamesMax) {
    const message = `entry for stream '${stream()}' has ${count} label names; limit ${labelNamesMax}`;
    return { reason: 'max_label_names_per_series', message };
  }
  const names = isByName(pairs) ? undefined : new Set<string>();
  for (const [name, value] of pairs) {
    if (!isLabelName(name)) {
      const message = `Error parsing labels '${stream()}' with error: ${JSON.stringify(shown(name))} is not the name of a label`;
      return { reason: 'invalid_labels', message };
    }
    if (name.length > labelNameBytesMax)
      return {
        reason: 'label_name_too_long',
        message: `stream '${stream()}' has label name too long: '${shown(name)}'`,
      };
    if (takesMoreBytes(value, labelValueBytesMax))
      return {
        reason: 'label_value_too_long',
        message: `stream '${stream()}' has label value too long: '${shown(value)}'`,
      };
    if (names?.has(name))
      return { reason: 'duplicate_label_names', message: `stream '${stream()}' has duplicate label name: '${name}'` };
    names?.add(name);
  }
  return undefined;
}

/** Asked of every label, and nearly always told by the number of characters. */
function takesMoreBytes(text: string, bytesMax: number): boolean {
  return text.length > bytesMax / UTF8_BYTES_MAX && Buffer.byteLength(text) > bytesMax;
}

const UTF8_BYTES_MAX = 3;

function checkedLines(
  stream: ReceivedStream,
  memo: CheckedLabels,
  newestSeconds: number,
  interned: Interned,
  problems: Problems,
): PushedStreamLines {
  const { labels, level: levelOfStream } = memo;
  const { bytes, from, to, seconds, nanos, scanned } = stream;
  const { lineFrom = 0, lineTo = from.length } = stream;
  if (scanned && !stream.metadata && isWithinLimits(scanned, newestSeconds)) {
    const { levels, isPacked } = scanned;
    if (levelOfStream !== undefined) levels.fill(0, lineFrom, lineTo);
    const sets = levelOfStream === undefined ? levelSets : interned.levelAlone(levelOfStream);
    const metadata = { sets, of: levels };
    return { labels, memo, bytes, from, to, seconds, nanos, lineFrom, lineTo, isPacked, metadata };
  }
  const of: number[] = [];
  const kept = {
    ...{
      labels,
      memo,
      bytes,
      from: [] as number[],
      to: [] as number[],
      seconds: [] as number[],
      nanos: [] as number[],
    },
    metadata: { sets: interned.sets, of },
  };
  for (let i = lineFrom; i < lineTo; i++) {
    const metadata = stream.metadata?.[i - lineFrom];
    const fault = faultOfLine(stream, labels, i, newestSeconds) ?? (metadata && faultOfMetadata(metadata, labels));
    if (fault) {
      problems.add(fault.reason, 1, fault.message);
      continue;
    }
    kept.from.push(from[i]!);
    kept.to.push(to[i]!);
    kept.seconds.push(seconds[i]!);
    kept.nanos.push(nanos[i]!);
    const level = () =>
      scanned ? scannedLevels[scanned.levels[i]!]! : levelOfLine(bytes.toString('latin1', from[i], to[i]));
    of.push(
      metadata ? interned.withMetadata(metadata, levelOfStream, level) : interned.level(levelOfStream ?? level()),
    );
  }
  return kept;
}

function isWithinLimits({ longestLineBytes, secondsMin, secondsMax }: ScannedLines, newestSeconds: number): boolean {
  return longestLineBytes <= pushLimits.lineBytesMax && secondsMax <= newestSeconds && secondsMin >= -SECONDS_MAX;
}

function faultOfLine(
  { from, to, seconds, nanos }: ReceivedStream,
  labels: LabelRecord,
  i: number,
  newestSeconds: number,
): { reason: string; message: string } | undefined {
  const { lineBytesMax } = pushLimits;
  const lineBytes = to[i]! - from[i]!;
  if (lineBytes > lineBytesMax) {
    const stream = printLabels(labels);
    const message = `Max entry size '${lineBytesMax}' bytes exceeded for stream '${stream}' while adding an entry with length '${lineBytes}' bytes`;
    return { reason: 'line_too_long', message };
  }
  if (seconds[i]! > newestSeconds) {
    const message = `entry for stream '${printLabels(labels)}' has timestamp too new: ${timeText(seconds[i]!, nanos[i]!)}`;
    return { reason: 'too_far_in_future', message };
  }
  if (seconds[i]! < -SECONDS_MAX) {
    const message = `entry for stream '${printLabels(labels)}' has timestamp too old: ${timeText(seconds[i]!, nanos[i]!)}, oldest acceptable timestamp is: ${timeText(-SECONDS_MAX, 0)}`;
    return { reason: 'greater_than_max_sample_age', message };
  }
  return undefined;
}

/** The first second that 64 bits of nanoseconds hold is a little earlier. */
const SECONDS_MAX = 9_223_372_000;

function timeText(seconds: number, nanos: number): string {
  // What no calendar holds is shown as a number.
  if (Math.abs(seconds) > 8.64e12 / 1000) return `${seconds} seconds since 1970`;
  return formatRfc3339Nano(BigInt(seconds) * 1_000_000_000n + BigInt(nanos));
}

function faultOfMetadata(metadata: LabelRecord, labels: LabelRecord): { reason: string; message: string } | undefined {
  const { metadataBytesMax, metadataEntriesMax } = pushLimits;
  let bytes = 0;
  let count = 0;
  for (const [name, value] of Object.entries(metadata)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    count++;
  }
  if (bytes > metadataBytesMax) {
    const message = `stream '${printLabels(labels)}' has structured metadata too large: '${bytes}' bytes, limit: '${metadataBytesMax}' bytes.`;
    return { reason: 'structured_metadata_too_large', message };
  }
  if (count <= metadataEntriesMax) return undefined;
  const message = `stream '${printLabels(labels)}' has too many structured metadata labels: '${count}', limit: '${metadataEntriesMax}'.`;
  return { reason: 'structured_metadata_too_many', message };
}

/** Sets of structured metadata of one request, each once. */
class Interned {
  readonly sets: LabelRecord[] = [];
  readonly #byLevel = new Map<string, number>();
  readonly #byContent = new Map<string, number>();
  readonly #alone = new Map<string, readonly LabelRecord[]>();

  /** The set that holds a level alone, alone: for streams that tell the level of all their lines. */
  levelAlone(level: string): readonly LabelRecord[] {
    let sets = this.#alone.get(level);
    if (sets === undefined) this.#alone.set(level, (sets = [{ [levelLabel]: level }]));
    return sets;
  }

  /** The set that holds a detected level alone. */
  level(level: string): number {
    let set = this.#byLevel.get(level);
    if (set === undefined) this.#byLevel.set(level, (set = this.sets.push({ [levelLabel]: level }) - 1));
    return set;
  }

  withMetadata(metadata: LabelRecord, levelOfStream: string | undefined, levelOfText: () => string): number {
    const pairs = Object.entries(metadata).map(([name, value]) => [normalizedName(name), value] as const);
    const set = Object.fromEntries(pairs.filter(([, value]) => value !== ''));
    set[levelLabel] = Object.hasOwn(set, levelLabel)
      ? normalizedLevel(set[levelLabel]!)
      : (levelOfStream ?? levelOfFields(metadata) ?? levelOfNumber(set) ?? levelOfText());
    const key = JSON.stringify(set);
    let index = this.#byContent.get(key);
    if (index === undefined) this.#byContent.set(key, (index = this.sets.push(set) - 1));
    return index;
  }
}

function levelOfNumber(metadata: LabelRecord): string | undefined {
  const severity = Object.hasOwn(metadata, 'severity_number') ? metadata.severity_number : undefined;
  return severity ? levelOfSeverity(severity) : undefined;
}
