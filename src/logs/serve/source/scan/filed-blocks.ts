import { decodeColumns, decodePushedColumns, decodePushedText, decodeText } from '../../../batch/batch.ts';
import type { BlockText, LabelRecord, Lines, Needle, SourceBlock } from '../../../query/query.ts';
import type { FiledBlock } from '../../../store/block-file.ts';
import { NeedleTest } from '../needle-test.ts';
import { metadataBlock, outputBlocks, partOf } from '../source-blocks.ts';
import type { ScanUnit } from './scan-protocol.ts';

/** A block as it was read; what is in it is decompressed when somebody asks for it. Everything throws Fault `corrupt`. */
export interface OpenBlock {
  readonly textBytes: number;
  /** Whether a line may hold all of these; false is certain. */
  mayHold(needles: readonly Needle[]): boolean;
  /** Of the streams that the unit names. */
  blocks(unit: ScanUnit, labels: readonly LabelRecord[]): Generator<SourceBlock>;
}

export function openFiled(filed: FiledBlock): OpenBlock {
  return filed.kind === 'batch' ? openBatch(filed.frame) : openPushed(filed.frame);
}

function openBatch(frame: Extract<FiledBlock, { kind: 'batch' }>['frame']): OpenBlock {
  const text = new PlainText(frame.header.textBytes, () => decodeText(frame));
  return {
    textBytes: text.textBytes,
    mayHold: (needles) => text.mayHold(needles),
    *blocks({ parts, timeMin, timeMax }, labels) {
      const { times, flags, startsIn } = decodeColumns(frame);
      const lines = text.lines(startsIn);
      for (const { ranges, streams } of parts) {
        const wanted = streams.map((stream) => ({ output: stream.output!, labels: labels[stream.labels]! }));
        for (const range of ranges) {
          const columns = { times: times.subarray(...range), flags: flags.subarray(...range) };
          yield* outputBlocks({ timeMin, timeMax, ...columns, text: partOf(lines, range, times.length) }, wanted);
        }
      }
    },
  };
}

function openPushed(frame: Extract<FiledBlock, { kind: 'pushed' }>['frame']): OpenBlock {
  const text = new PlainText(frame.header.textBytes, () => decodePushedText(frame));
  return {
    textBytes: text.textBytes,
    mayHold: (needles) => text.mayHold(needles),
    *blocks({ parts, timeMin, timeMax }, labels) {
      const { times, metadata, startsIn } = decodePushedColumns(frame);
      const lines = text.lines(startsIn);
      for (const { ranges, streams } of parts) {
        for (const range of ranges) {
          const of = metadata.of.subarray(...range);
          const columns = { times: times.subarray(...range), metadata: { sets: metadata.sets, of } };
          const block = { timeMin, timeMax, ...columns, text: partOf(lines, range, times.length) };
          yield metadataBlock(block, labels[streams[0]!.labels]!);
        }
      }
    },
  };
}

/** Text in one piece. Invariant: it is decompressed once at most. */
class PlainText {
  readonly textBytes: number;
  readonly #decode: () => Buffer;
  #text: Buffer | undefined;

  constructor(textBytes: number, decode: () => Buffer) {
    this.textBytes = textBytes;
    this.#decode = decode;
  }

  mayHold(needles: readonly Needle[]): boolean {
    return needles.length === 0 || new NeedleTest(needles).mayMatch(this.#bytes());
  }

  lines(startsIn: (text: Buffer) => Uint32Array): BlockText {
    let lines: Lines | undefined;
    const all = () => (lines ??= { text: this.#bytes(), starts: startsIn(this.#bytes()) });
    return { textBytes: this.textBytes, starts: () => all().starts, all };
  }

  #bytes(): Buffer {
    return (this.#text ??= this.#decode());
  }
}
