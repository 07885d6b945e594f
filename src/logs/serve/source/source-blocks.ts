import { LINE_STDERR } from '../../batch/batch.ts';
import { type BlockMetadata, type LabelRecord, plainText, type SourceBlock } from '../../query/blocks.ts';
import type { LineBlock, PushedBlock } from '../../store/store.ts';
import type { SelectedInstance } from './selected-streams.ts';

/** Lines of an instance: a block for each output that is selected and has lines in it. They share their columns. */
export function instanceBlocks(block: LineBlock, streams: SelectedInstance['streams']): Generator<SourceBlock> {
  return outputBlocks({ ...columnsOf(block), text: plainText(block), flags: block.flags }, streams);
}

export function pushedBlock(block: PushedBlock, labels: LabelRecord): SourceBlock {
  const { metadata } = block;
  const names = namesOfMetadata(metadata.sets);
  return metadataBlock(
    { ...columnsOf(block), text: plainText(block), metadata: { names, get: () => metadata } },
    labels,
  );
}

function columnsOf({ timeMin, timeMax, times }: Pick<LineBlock, 'timeMin' | 'timeMax' | 'times'>) {
  return { timeMin, timeMax, lineCount: times.length, times: () => times };
}

/** The same, whatever form the text has. */
export function* outputBlocks(
  { flags, ...block }: Omit<SourceBlock, 'labels'> & { flags: Uint8Array },
  streams: SelectedInstance['streams'],
): Generator<SourceBlock> {
  if (flags.length === 0) return;
  const first = flags[0]! & LINE_STDERR;
  let same = 1;
  while (same < flags.length && (flags[same]! & LINE_STDERR) === first) same++;
  const isMixed = same < flags.length;
  for (const { output, labels } of streams) {
    const bits = output === 'stderr' ? LINE_STDERR : 0;
    if (!isMixed && bits !== first) continue;
    const shared: SourceBlock = { ...block, labels, detectsLevel: true };
    yield isMixed ? { ...shared, only: { flags, mask: LINE_STDERR, bits } } : shared;
  }
}

/** Both outputs as one stream, for whoever does not tell them apart. */
export function joinedOutputs(block: Omit<SourceBlock, 'labels'>, labels: LabelRecord): SourceBlock {
  return { ...block, labels, detectsLevel: true };
}

/** Where no line has metadata, the block has none. */
export function metadataBlock(
  { metadata, ...block }: Omit<SourceBlock, 'labels'> & { metadata: BlockMetadata },
  labels: LabelRecord,
): SourceBlock {
  return { ...block, labels, ...(metadata.names.length > 0 && { metadata }) };
}

export function namesOfMetadata(sets: readonly LabelRecord[]): string[] {
  return [...new Set(sets.flatMap((set) => Object.keys(set)))];
}
