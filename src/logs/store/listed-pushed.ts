import { linesBefore, runsOf } from './block-reader.ts';
import type { Catalogue } from './catalogue.ts';
import { placeOf } from './listed-blocks.ts';
import type { Packs } from './packs.ts';
import type { PushedReader } from './pushed-reader.ts';
import { partsOf, streamInScope } from './read-pushed.ts';
import type { ListedPushed, PushedBlock, ReadRange, Scope } from './store.ts';

const TIME_MIN = -(2n ** 63n);
const TIME_MAX = 2n ** 63n - 1n;

export function listPushedBlocks(
  catalogue: Catalogue,
  packs: Packs,
  scope: Scope,
  id: string,
  range: Pick<ReadRange, 'since' | 'until' | 'throughSequence'>,
): ListedPushed[] {
  const { since = TIME_MIN, until = TIME_MAX, throughSequence = Number.POSITIVE_INFINITY } = range;
  const stream = streamInScope(catalogue, scope, id);
  const listed: ListedPushed[] = [];
  for (const run of catalogue.pushed.runsBetween(stream.row, since, until, 'forward')) {
    const { parts, lineFrom, timeMin, timeMax, block } = run;
    const slices = runsOf(parts, ({ sequence }) => sequence <= throughSequence);
    if (slices.length === 0) continue;
    const wanted = slices.flatMap(({ first, last }) => parts.slice(first, last));
    listed.push({
      stream: id,
      timeMin,
      timeMax,
      lineCount: wanted.reduce((sum, { lineCount }) => sum + lineCount, 0),
      sequences: wanted.map(({ sequence }) => sequence),
      place: placeOf(packs, block.location),
      placeTextBytes: block.textBytes,
      ranges: slices.map(
        ({ first, last }) => [lineFrom + linesBefore(parts, first), lineFrom + linesBefore(parts, last)] as const,
      ),
    });
  }
  return listed;
}

/** The parts of what was listed, wherever they lie by now. */
export async function* readListedPushedBlock(
  catalogue: Catalogue,
  reader: PushedReader,
  scope: Scope,
  { stream: id, sequences }: ListedPushed,
): AsyncGenerator<PushedBlock> {
  const stream = streamInScope(catalogue, scope, id);
  const wanted = new Set(sequences);
  const [least, most] = [sequences.reduce((a, b) => Math.min(a, b)), sequences.reduce((a, b) => Math.max(a, b))];
  for (const run of catalogue.pushed.runsHolding(stream.row, least, most))
    yield* partsOf(catalogue, reader, id, run, wanted, 'forward');
}
