import { type BlockReader, linesBefore, runsOf, sliceBlock } from './block-reader.ts';
import type { Catalogue } from './catalogue.ts';
import type { Packs } from './packs.ts';
import { instanceInScope } from './read.ts';
import type { Location } from './record.ts';
import type { BlockPlace, LineBlock, ListedBlock, ReadRange, Scope } from './store.ts';

const TIME_MIN = -(2n ** 63n);
const TIME_MAX = 2n ** 63n - 1n;
/** Merging may move a block while it is read; by then the merged one is the newest for a while. */
const attemptsMax = 5;

export function listBlocks(
  catalogue: Catalogue,
  packs: Packs,
  scope: Scope,
  id: string,
  range: Pick<ReadRange, 'since' | 'until' | 'throughSequence'>,
): ListedBlock[] {
  const { since = TIME_MIN, until = TIME_MAX, throughSequence = Number.POSITIVE_INFINITY } = range;
  const instance = instanceInScope(catalogue, scope, id);
  const listed: ListedBlock[] = [];
  for (const row of catalogue.blocks.within(instance.row, since, until)) {
    const { parts, timeMin, timeMax, textBytes, location } = row;
    const runs = runsOf(parts, ({ sequence }) => sequence <= throughSequence);
    if (runs.length === 0) continue;
    const wanted = runs.flatMap(({ first, last }) => parts.slice(first, last));
    listed.push({
      instance: instance.id,
      timeMin,
      timeMax,
      lineCount: wanted.reduce((sum, { lineCount }) => sum + lineCount, 0),
      textBytes,
      sequences: wanted.map(({ sequence }) => sequence),
      place: placeOf(packs, location),
      ranges: runs.map(({ first, last }) => [linesBefore(parts, first), linesBefore(parts, last)] as const),
    });
  }
  return listed;
}

export function placeOf(packs: Packs, { pack, offset, bytes }: Location): BlockPlace {
  return { path: packs.path(pack), offset, bytes };
}

export async function* readListedBlock(
  catalogue: Catalogue,
  reader: BlockReader,
  scope: Scope,
  { instance: id, sequences }: ListedBlock,
): AsyncGenerator<LineBlock> {
  const left = new Set(sequences);
  const [least, most] = [sequences.reduce((a, b) => Math.min(a, b)), sequences.reduce((a, b) => Math.max(a, b))];
  for (let attempt = 0; attempt < attemptsMax && left.size > 0; attempt++) {
    const instance = instanceInScope(catalogue, scope, id);
    let isMoved = false;
    for (const row of catalogue.blocks.holding(instance.row, least, most)) {
      const runs = runsOf(row.parts, ({ sequence }) => left.has(sequence));
      if (runs.length === 0) continue;
      const lines = await reader.load(row);
      if (lines === 'moved') isMoved = true;
      else for (const { sequence } of row.parts) left.delete(sequence);
      if (typeof lines === 'object') for (const run of runs) yield sliceBlock(instance.id, row, lines, run);
    }
    // What is in no block any more was deleted.
    if (!isMoved) return;
  }
}
