import type { ExcerptRule } from './block.ts';
import { ByteWriter } from './bytes.ts';
import type { ColumnEntry } from './column-directory.ts';
import type { Templates } from './templates.ts';
import { wordShape } from './time-shapes.ts';

/** Stands between two runs. */
const SEPARATOR = 0x20;
/** Sets that a byte is looked up in; a rule may name more. */
const setsMax = 28;
/** Of a byte in the alphabet. */
const IN_ALPHABET = 1 << 30;

/** Templates cut down to the runs that a rule keeps. */
export interface Excerpt {
  templates: Templates;
  /** 1 where the hole behind this piece of the whole templates is kept. */
  isKept: Uint8Array;
  /** 1 for columns that have such a hole. */
  isFollowed: Uint8Array;
}

/** `isUsed` says which templates; the others become empty. */
export function excerptOf(
  { count, firstPiece, pieceFrom, columnOf, text }: Templates,
  entries: readonly ColumnEntry[],
  rule: ExcerptRule,
  isUsed: Uint8Array,
): Excerpt {
  const { maskOf, patterns } = masksOf(rule);
  const ofColumn = new Int32Array(entries.length).map((_, column) => maskOfColumn(entries[column]!, maskOf));
  const [isKept, isFollowed] = [new Uint8Array(columnOf.length), new Uint8Array(entries.length)];
  const bytes = new ByteWriter(4096);
  const made = { firstPiece: new Uint32Array(count + 1), pieceFrom: [0], columnOf: [] as number[] };
  let templateFrom = 0;
  const endPiece = (column: number) => {
    made.columnOf.push(column);
    made.pieceFrom.push(bytes.length);
  };
  const keep = (fromPiece: number, from: number, toPiece: number, to: number) => {
    if (bytes.length > templateFrom || made.columnOf.length > made.firstPiece[current]!) bytes.byte(SEPARATOR);
    for (let piece = fromPiece; piece <= toPiece; piece++) {
      bytes.bytes(text, piece === fromPiece ? from : pieceFrom[piece]!, piece === toPiece ? to : pieceFrom[piece + 1]!);
      if (piece === toPiece) break;
      isKept[piece] = isFollowed[columnOf[piece]!] = 1;
      endPiece(columnOf[piece]!);
    }
  };
  const isWanted = (mask: number) => {
    for (let i = 0; i < patterns.length; i++) if ((mask & patterns[i]!) === patterns[i]!) return true;
    return false;
  };
  let current = 0;
  for (; current < count; current++) {
    templateFrom = bytes.length;
    const last = firstPiece[current + 1]! - 1;
    let runPiece = 0;
    let runFrom = 0;
    let mask = 0;
    for (let piece = firstPiece[current]!; isUsed[current] === 1 && piece <= last; piece++) {
      const end = pieceFrom[piece + 1]!;
      for (let at = pieceFrom[piece]!; at < end; at++) {
        const more = maskOf[text[at]!]!;
        if (more !== 0) {
          if (mask === 0) {
            runPiece = piece;
            runFrom = at;
          }
          mask |= more;
        } else if (mask !== 0) {
          if (isWanted(mask)) keep(runPiece, runFrom, piece, at);
          mask = 0;
        }
      }
      if (piece === last) {
        if (mask !== 0 && isWanted(mask)) keep(runPiece, runFrom, piece, end);
      } else {
        // A run goes on in a hole.
        if (mask === 0) {
          runPiece = piece;
          runFrom = end;
        }
        mask |= ofColumn[columnOf[piece]!]!;
      }
    }
    endPiece(-1);
    made.firstPiece[current + 1] = made.columnOf.length;
  }
  const templates = {
    count,
    firstPiece: made.firstPiece,
    pieceFrom: Uint32Array.from(made.pieceFrom),
    columnOf: Int32Array.from(made.columnOf),
    text: Buffer.from(bytes.written()),
  };
  return { templates, isKept, isFollowed };
}

/** A bit for each set, of each byte; and which bits each pattern asks for. */
function masksOf({ alphabet, patterns }: ExcerptRule): { maskOf: Int32Array; patterns: number[] } {
  const maskOf = new Int32Array(256).map((_, byte) => (alphabet[byte] === 1 ? IN_ALPHABET : 0));
  let sets = 0;
  const asked = patterns.map((needed) => {
    let all = IN_ALPHABET;
    for (const set of needed) {
      if (sets === setsMax) break;
      const bit = 1 << sets++;
      all |= bit;
      for (let byte = 0; byte < 256; byte++) if (set[byte] === 1) maskOf[byte]! |= bit;
    }
    return all;
  });
  return { maskOf, patterns: asked };
}

const timeBytes = Buffer.from('0123456789:-.,T ');

function maskOfColumn(entry: ColumnEntry, maskOf: Int32Array): number {
  let mask = IN_ALPHABET;
  if (entry.kind === 'number') {
    const bytes = entry.shape === wordShape ? timeBytes.subarray(0, 10) : timeBytes;
    for (const byte of bytes) mask |= maskOf[byte]!;
  } else
    for (let byte = 0; byte < 256; byte++)
      if ((entry.byteSet[byte >> 3]! & (1 << (byte & 7))) !== 0) mask |= maskOf[byte]!;
  return mask;
}
