import { Fault } from '../../../../base/fault.ts';
import { decodeColumns, decodePushedColumns, decodePushedText, decodeText } from '../../../batch/batch.ts';
import { memorySource, openCompact } from '../../../block/block.ts';
import type { BlockText, LabelRecord, Needle, SourceBlock } from '../../../query/query.ts';
import type { FiledBlock, LineRange } from '../../../store/block-file.ts';
import { metadataBlock, outputBlocks } from '../source-blocks.ts';
import { PlainText, partOf, SearchableText } from '../text-parts.ts';
import type { ScanUnit } from './scan-protocol.ts';

/** A block as it was read; what is in it is decompressed when somebody asks for it. Everything throws Fault `corrupt`. */
export interface OpenBlock {
  readonly textBytes: number;
  /** Whether a line may hold all of these; false is certain. */
  mayHold(needles: readonly Needle[]): boolean;
  /** Of the streams that the unit names. */
  blocks(unit: ScanUnit, labels: readonly LabelRecord[]): Generator<SourceBlock>;
}

type BatchFrame = Extract<FiledBlock, { kind: 'batch' }>['frame'];
type PushedFrame = Extract<FiledBlock, { kind: 'pushed' }>['frame'];

export function openFiled(filed: FiledBlock): OpenBlock {
  const { header, form, text: bytes } = filed.frame;
  if (form === 'compact') {
    const text = new SearchableText(openCompact(memorySource(bytes)));
    if (text.compact.lineCount !== header.lineCount || text.textBytes !== header.textBytes)
      throw new Fault('corrupt', 'the text of a block is not that of its header');
    return openBlock(filed, text, () => text);
  }
  const decode = () => (filed.kind === 'batch' ? decodeText(filed.frame) : decodePushedText(filed.frame));
  const text = new PlainText(header.textBytes, decode);
  return openBlock(filed, text, (startsIn) => text.lines(startsIn));
}

function openBlock(
  filed: FiledBlock,
  text: { textBytes: number; mayHold(needles: readonly Needle[]): boolean },
  lines: (startsIn: (text: Buffer) => Uint32Array) => BlockText,
): OpenBlock {
  return {
    textBytes: text.textBytes,
    mayHold: (needles) => text.mayHold(needles),
    blocks(unit, labels) {
      if (filed.kind === 'batch') return batchBlocks(filed.frame, lines, unit, labels);
      return pushedBlocks(filed.frame, lines, unit, labels);
    },
  };
}

function* batchBlocks(
  frame: BatchFrame,
  lines: (startsIn: (text: Buffer) => Uint32Array) => BlockText,
  { parts, timeMin, timeMax }: ScanUnit,
  labels: readonly LabelRecord[],
): Generator<SourceBlock> {
  const { lineCount } = frame.header;
  const { times: timesOf, flags, startsIn } = decodeColumns(frame);
  const times = once(timesOf);
  const text = lines(startsIn);
  for (const { ranges, streams } of parts) {
    const wanted = streams.map((stream) => ({ output: stream.output!, labels: labels[stream.labels]! }));
    for (const range of ranges) {
      const block = { ...rangeOf(range, lineCount, times), timeMin, timeMax, text: partOf(text, range, lineCount) };
      yield* outputBlocks({ ...block, flags: flags.subarray(...range) }, wanted);
    }
  }
}

function* pushedBlocks(
  frame: PushedFrame,
  lines: (startsIn: (text: Buffer) => Uint32Array) => BlockText,
  { parts, timeMin, timeMax }: ScanUnit,
  labels: readonly LabelRecord[],
): Generator<SourceBlock> {
  const { lineCount } = frame.header;
  const { times: timesOf, metadata, startsIn } = decodePushedColumns(frame);
  const times = once(timesOf);
  const text = lines(startsIn);
  for (const { ranges, streams } of parts) {
    for (const range of ranges) {
      const block = { ...rangeOf(range, lineCount, times), timeMin, timeMax, text: partOf(text, range, lineCount) };
      const of = metadata.of.subarray(...range);
      yield metadataBlock({ ...block, metadata: { sets: metadata.sets, of } }, labels[streams[0]!.labels]!);
    }
  }
}

function rangeOf([from, to]: LineRange, lineCount: number, times: () => BigInt64Array) {
  if (to > lineCount) throw new Fault('corrupt', 'a block is not the one in the catalogue');
  return { lineCount: to - from, times: () => times().subarray(from, to) };
}

function once<T>(get: () => T): () => T {
  let got: T | undefined;
  return () => (got ??= get());
}
