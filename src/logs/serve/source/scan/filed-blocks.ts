import { Fault } from '../../../../base/fault.ts';
import { release } from '../../../../base/release.ts';
import { decodeColumns, decodePushedColumns, decodePushedText, decodeText } from '../../../batch/batch.ts';
import type { BlockText, LabelRecord, Needle, SourceBlock } from '../../../query/query.ts';
import type { FiledBlock, LineRange } from '../../../store/block-file.ts';
import { joinedOutputs, metadataBlock, namesOfMetadata, outputBlocks } from '../source-blocks.ts';
import { outputs } from '../stream-labels.ts';
import { PlainText, partOf, SearchableText } from '../text-parts.ts';
import type { KeptBlock } from './kept-block.ts';
import type { ScanUnit } from './scan-protocol.ts';

/** A block as it was read; what is in it is decompressed when somebody asks for it. Everything throws Fault `corrupt`. */
export interface OpenBlock {
  readonly textBytes: number;
  /** Whether a line may hold all of these; false is certain. */
  mayHold(needles: readonly Needle[]): boolean;
  /** Of the streams that the unit names; each is good until the next one is asked for. */
  blocks(unit: ScanUnit, labels: readonly LabelRecord[], use: BlockUse): Generator<SourceBlock>;
}

export interface BlockUse {
  /** Where both of a container's outputs are wanted they come as one stream. */
  joinsOutputs: boolean;
  /** Times stay with an open block: for queries that look into few of them, and are asked again. */
  keepsTimes: boolean;
}

type PlainBlock = FiledBlock & { form: 'plain' };
type StartsIn = (text: Buffer) => Uint32Array;

/** Those of a block's lines, for its streams one after the other. */
interface Times {
  get(): BigInt64Array;
  /** Nobody has use for them any more. */
  release(): void;
}

/** What a block is made of, whichever form its text has. */
interface Parts {
  lineCount: number;
  times: Times;
  textOf(startsIn: () => StartsIn): BlockText;
}

export function openFiled(filed: PlainBlock | KeptBlock): OpenBlock {
  return filed.form === 'compact' ? openKept(filed) : openPlain(filed);
}

function openKept(kept: KeptBlock): OpenBlock {
  const text = new SearchableText(kept.text);
  const parts: Omit<Parts, 'times'> = { lineCount: kept.text.lineCount, textOf: () => text };
  return {
    textBytes: text.textBytes,
    mayHold: (needles) => text.mayHold(needles),
    blocks: (unit, labels, { joinsOutputs, keepsTimes }) => {
      const times: Times = keepsTimes
        ? { get: () => kept.times(), release() {} }
        : new LentTimes(() => kept.newTimes());
      return kept.filed.kind === 'batch'
        ? batchBlocks({ ...parts, times }, () => kept.columns(), unit, labels, joinsOutputs)
        : pushedBlocks({ ...parts, times }, () => kept.pushedColumns(), kept.filed.header.metadataNames, unit, labels);
    },
  };
}

function openPlain(filed: PlainBlock): OpenBlock {
  const { header } = filed.frame;
  const decode = () => (filed.kind === 'batch' ? decodeText(filed.frame) : decodePushedText(filed.frame));
  const text = new PlainText(header.textBytes, decode);
  const parts: Omit<Parts, 'times'> = {
    lineCount: header.lineCount,
    textOf: (startsIn) => text.lines((bytes) => startsIn()(bytes)),
  };
  return {
    textBytes: text.textBytes,
    mayHold: (needles) => text.mayHold(needles),
    blocks(unit, labels, { joinsOutputs }) {
      if (filed.kind === 'batch') {
        const columns = once(() => decodeColumns(filed.frame));
        const times = new LentTimes(() => columns().times());
        return batchBlocks({ ...parts, times }, columns, unit, labels, joinsOutputs);
      }
      const columns = once(() => decodePushedColumns(filed.frame));
      const times = new LentTimes(() => columns().times());
      return pushedBlocks({ ...parts, times }, columns, filed.frame.header.metadataNames, unit, labels);
    },
  };
}

function* batchBlocks(
  { lineCount, times, textOf }: Parts,
  columns: () => ReturnType<typeof decodeColumns>,
  { parts, timeMin, timeMax }: ScanUnit,
  labels: readonly LabelRecord[],
  joinsOutputs: boolean,
): Generator<SourceBlock> {
  const text = textOf(() => columns().startsIn);
  try {
    for (const { ranges, streams } of parts) {
      const wanted = streams.map((stream) => ({ output: stream.output!, labels: labels[stream.labels]! }));
      for (const range of ranges) {
        const block = { ...rangeOf(range, lineCount, times), timeMin, timeMax, text: partOf(text, range, lineCount) };
        if (joinsOutputs && wanted.length === outputs.length) yield joinedOutputs(block, wanted[0]!.labels);
        else yield* outputBlocks({ ...block, flags: columns().flags.subarray(...range) }, wanted);
      }
    }
  } finally {
    times.release();
  }
}

function* pushedBlocks(
  { lineCount, times, textOf }: Parts,
  columns: () => ReturnType<typeof decodePushedColumns>,
  metadataNames: readonly string[] | undefined,
  { parts, timeMin, timeMax }: ScanUnit,
  labels: readonly LabelRecord[],
): Generator<SourceBlock> {
  const names = metadataNames ?? namesOfMetadata(columns().metadata().sets);
  const text = textOf(() => columns().startsIn);
  try {
    for (const { ranges, streams } of parts) {
      for (const range of ranges) {
        const block = { ...rangeOf(range, lineCount, times), timeMin, timeMax, text: partOf(text, range, lineCount) };
        const get = () => {
          const { sets, of } = columns().metadata();
          return { sets, of: of.subarray(...range) };
        };
        yield metadataBlock({ ...block, metadata: { names, get } }, labels[streams[0]!.labels]!);
      }
    }
  } finally {
    times.release();
  }
}

function rangeOf([from, to]: LineRange, lineCount: number, times: Times) {
  if (to > lineCount) throw new Fault('corrupt', 'a block is not the one in the catalogue');
  return { lineCount: to - from, times: () => times.get().subarray(from, to) };
}

/** Times of a block's lines, decoded once for all its streams. They are gone with the last of these: left to the collector they would keep it busy. */
class LentTimes implements Times {
  readonly #decode: () => BigInt64Array;
  #times: BigInt64Array | undefined;

  constructor(decode: () => BigInt64Array) {
    this.#decode = decode;
  }

  get(): BigInt64Array {
    return (this.#times ??= this.#decode());
  }

  release(): void {
    if (this.#times !== undefined) release(this.#times);
  }
}

function once<T>(get: () => T): () => T {
  let got: T | undefined;
  return () => (got ??= get());
}
