import { Fault } from '../../../../base/fault.ts';
import { decodeColumns, decodePushedColumns, decodePushedText, decodeText } from '../../../batch/batch.ts';
import { openCompact } from '../../../block/block.ts';
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

type StartsIn = (text: Buffer) => Uint32Array;
type TextOf = (startsIn: StartsIn) => BlockText;

export function openFiled(filed: FiledBlock): OpenBlock {
  if (filed.form === 'compact') {
    const { header } = filed;
    const text = new SearchableText(openCompact(filed.text));
    if (text.compact.lineCount !== header.lineCount || text.textBytes !== header.textBytes)
      throw new Fault('corrupt', 'the text of a block is not that of its header');
    return openBlock(filed, text, () => text);
  }
  const decode = () => (filed.kind === 'batch' ? decodeText(filed.frame) : decodePushedText(filed.frame));
  const text = new PlainText(filed.frame.header.textBytes, decode);
  return openBlock(filed, text, (startsIn) => text.lines(startsIn));
}

function openBlock(
  filed: FiledBlock,
  text: { textBytes: number; mayHold(needles: readonly Needle[]): boolean },
  textOf: TextOf,
): OpenBlock {
  return {
    textBytes: text.textBytes,
    mayHold: (needles) => text.mayHold(needles),
    blocks(unit, labels) {
      if (filed.kind === 'batch') return batchBlocks(frameOf(filed), textOf, unit, labels);
      return pushedBlocks(frameOf(filed), textOf, unit, labels);
    },
  };
}

/** With its columns. */
function frameOf<F extends FiledBlock>(filed: F): Frame<F['kind']> {
  const { header, columns } = filed.form === 'plain' ? filed.frame : { header: filed.header, columns: filed.columns() };
  return { header, columns } as Frame<F['kind']>;
}

type Frame<Kind> = { columns: Buffer } & Pick<Extract<FiledBlock, { form: 'compact'; kind: Kind }>, 'header'>;

function* batchBlocks(
  frame: Frame<'batch'>,
  textOf: TextOf,
  { parts, timeMin, timeMax }: ScanUnit,
  labels: readonly LabelRecord[],
): Generator<SourceBlock> {
  const { lineCount } = frame.header;
  const { times: timesOf, flags, startsIn } = decodeColumns(frame);
  const times = once(timesOf);
  const text = textOf(startsIn);
  for (const { ranges, streams } of parts) {
    const wanted = streams.map((stream) => ({ output: stream.output!, labels: labels[stream.labels]! }));
    for (const range of ranges) {
      const block = { ...rangeOf(range, lineCount, times), timeMin, timeMax, text: partOf(text, range, lineCount) };
      yield* outputBlocks({ ...block, flags: flags.subarray(...range) }, wanted);
    }
  }
}

function* pushedBlocks(
  frame: Frame<'pushed'>,
  textOf: TextOf,
  { parts, timeMin, timeMax }: ScanUnit,
  labels: readonly LabelRecord[],
): Generator<SourceBlock> {
  const { lineCount } = frame.header;
  const { times: timesOf, metadata, startsIn } = decodePushedColumns(frame);
  const times = once(timesOf);
  const text = textOf(startsIn);
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
