import { Arena, Reused } from '../../../base/arena.ts';
import { snappyExpansionMax } from '../../../base/snappy.ts';
import { Module } from '../../../base/webassembly.ts';
import { levelLabel } from '../../level/level.ts';
import { pushLimits } from './limits.ts';
import { pushScanModule } from './push-scan-module.ts';

/** What the module gives; push-scan.as says what each does. */
interface Exports {
  unpack(at: number, end: number, out: number, length: number): number;
  count(from: number, end: number): number;
  read(from: number, end: number): number;
  levelOf(from: number, to: number): number;
}

const pushScan = new Module<Exports>(pushScanModule);

/** The levels that the module tells, by its numbers. */
export const scannedLevels = ['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'critical', 'fatal'] as const;
/** The structured metadata of a line that has nothing but its level. */
export const levelSets = scannedLevels.map((level) => Object.freeze({ [levelLabel]: level }));

export interface ScannedStream {
  /** As text, in UTF-8. */
  labels: Buffer;
  /** Among the lines of the push. */
  lineFrom: number;
  lineTo: number;
  longestLineBytes: number;
  secondsMin: number;
  secondsMax: number;
  hasMetadata: boolean;
  /** Its lines are by time, and none has a newline within. */
  isPacked: boolean;
}

/** Line `i` is `text[from[i], to[i])`; behind it are a newline and the next line. All of it is one piece of memory. */
export interface ScannedPush {
  text: Buffer;
  from: Uint32Array;
  to: Uint32Array;
  seconds: Float64Array;
  nanos: Uint32Array;
  /** Indexes of `scannedLevels`. */
  levels: Uint8Array;
  /** The entry of a line that has structured metadata: a message with its length before it. */
  entryOf(line: number): Buffer | undefined;
  streams: ScannedStream[];
}

const STREAM_BYTES = 40;
/** A memory that has grown beyond this is given back after use. */
const keptBytesMax = 16 * 1024 * 1024;

/** The module and its memory. */
class Scanner {
  readonly arena = new Arena();
  readonly module = pushScan.instantiate(this.arena.memory);
}

/**
 * Reads whole push requests, a few times as fast as it goes field by field. It is WebAssembly over a memory of its own. Invariant: what it
 * reads is what snappyDecode, readLokiProtobuf and levelOfLine read; what it does not read is for them to refuse.
 */
export class PushScan {
  readonly #scanner = new Reused(() => new Scanner(), keptBytesMax);

  /** `body` is snappy around the request. Undefined where there is something wrong with it. */
  scan(body: Buffer): ScannedPush | undefined {
    const textBytes = claimedBytes(body);
    return textBytes && this.#scanner.use((scanner) => scanned(scanner, body, textBytes));
  }

  /** Of `line`, as one of `scannedLevels`. */
  levelOf(line: Buffer): string {
    return this.#scanner.use(({ arena, module }) => {
      const at = arena.room(line.length);
      arena.bytes(at, line.length).set(line);
      return scannedLevels[module.run.levelOf(at, at + line.length)]!;
    });
  }
}

function scanned(
  { arena, module }: Scanner,
  body: Buffer,
  { length, at: bodyFrom }: { length: number; at: number },
): ScannedPush | undefined {
  const packedAt = arena.room(body.length);
  const plainAt = arena.room(length);
  arena.bytes(packedAt, body.length).set(body);
  if (module.run.unpack(packedAt + bodyFrom, packedAt + body.length, plainAt, length) === 0) return undefined;
  if (module.run.count(plainAt, plainAt + length) === 0) return undefined;
  const lines = module.get('lineCount');
  const streams = module.get('streamCount');
  if (lines > pushLimits.linesMax || streams > pushLimits.streamsMax) return undefined;
  // An entry takes more than the newline behind its line.
  const at = {
    ...{ streamsAt: arena.room(streams * STREAM_BYTES), secondsAt: arena.room(lines * 8) },
    ...{ fromAt: arena.room(lines * 4), toAt: arena.room(lines * 4), nanosAt: arena.room(lines * 4) },
    ...{ entriesAt: arena.room(lines * 4), levelsAt: arena.room(lines), textAt: arena.room(length) },
  };
  module.set(at);
  if (module.run.read(plainAt, plainAt + length) === 0) return undefined;
  const { buffer } = arena.memory;
  const plain = arena.bytes(plainAt, length);
  const found: ScannedStream[] = streamsAt(buffer, at.streamsAt, streams, plain);
  // Only requests that have metadata need what they were made of.
  const entries = found.some(({ hasMetadata }) => hasMetadata)
    ? { plain: Buffer.from(plain), at: new Uint32Array(buffer, at.entriesAt, lines).slice() }
    : undefined;
  // Text and columns lie behind each other, and leave together: one piece of memory can be given back at once.
  const textEnd = module.get('textAt');
  const memory = buffer.slice(at.secondsAt, textEnd);
  const offset = (address: number) => address - at.secondsAt;
  return {
    text: Buffer.from(memory, offset(at.textAt), textEnd - at.textAt),
    from: new Uint32Array(memory, offset(at.fromAt), lines),
    to: new Uint32Array(memory, offset(at.toAt), lines),
    seconds: new Float64Array(memory, 0, lines),
    nanos: new Uint32Array(memory, offset(at.nanosAt), lines),
    levels: new Uint8Array(memory, offset(at.levelsAt), lines),
    entryOf: (line) => (entries && entries.at[line]! > 0 ? entries.plain.subarray(entries.at[line]) : undefined),
    streams: found,
  };
}

function streamsAt(buffer: ArrayBuffer, at: number, count: number, plain: Buffer): ScannedStream[] {
  const view = new DataView(buffer, at, count * STREAM_BYTES);
  const number = (stream: number, column: number) => view.getUint32(stream * STREAM_BYTES + 4 * column, true);
  let labelsBytes = 0;
  for (let i = 0; i < count; i++) labelsBytes += number(i, 1) - number(i, 0);
  const allLabels = Buffer.allocUnsafe(labelsBytes);
  let labelsTo = 0;
  return Array.from({ length: count }, (_, i): ScannedStream => {
    const labelsFrom = labelsTo;
    labelsTo += plain.copy(allLabels, labelsFrom, number(i, 0), number(i, 1));
    const flags = number(i, 5);
    return {
      labels: allLabels.subarray(labelsFrom, labelsTo),
      lineFrom: number(i, 2),
      lineTo: number(i, 3),
      longestLineBytes: number(i, 4),
      secondsMin: view.getFloat64(i * STREAM_BYTES + 24, true),
      secondsMax: view.getFloat64(i * STREAM_BYTES + 32, true),
      hasMetadata: (flags & 1) !== 0,
      isPacked: (flags & 6) === 0,
    };
  });
}

/** What snappy claims to hold; undefined where that is too much or no number. */
function claimedBytes(body: Buffer): { length: number; at: number } | undefined {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = body[at];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** at;
    if (byte >= 0x80) continue;
    const isSound = length <= pushLimits.decodedBytesMax && length <= body.length * snappyExpansionMax;
    return isSound ? { length, at: at + 1 } : undefined;
  }
  return undefined;
}
