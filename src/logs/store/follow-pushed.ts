import type { Catalogue } from './catalogue.ts';
import type { Bell } from './follow.ts';
import type { PushedReader } from './pushed-reader.ts';
import type { PushedRunRow } from './pushed-rows.ts';
import { allowsStream, partsOf } from './read-pushed.ts';
import type { PushedBlock, PushedStream, Scope } from './store.ts';

/** Rows of blocks that a follower fetches at a time. */
const BLOCKS_PER_PAGE = 64;
/** Verdicts on streams that one follower remembers. */
const verdictsMax = 20_000;

export interface FollowingPushed {
  catalogue: Catalogue;
  reader: PushedReader;
  bell: Bell;
  /** Kept up to date: how far this follower has come. */
  progress: { sequence: number };
}

/** Everything pushed after `progress.sequence`, in that order. The blocks of one push have the same position. */
export async function* followPushedBlocks(
  { catalogue, reader, bell, progress }: FollowingPushed,
  scope: Scope,
  wants: (stream: PushedStream) => boolean,
  signal: AbortSignal,
): AsyncGenerator<PushedBlock> {
  const wanted = verdicts(catalogue, scope, wants);
  while (!signal.aborted) {
    const last = catalogue.watermark.sequence;
    if (progress.sequence >= last) {
      await bell.wait(signal);
      continue;
    }
    const { blocks, horizon } = catalogue.pushed.since(progress.sequence, last, BLOCKS_PER_PAGE);
    const runs = blocks.flatMap(({ sequence }) => catalogue.pushed.runsOf(sequence));
    for (const { run, id, sequence } of deliveries(runs, wanted, progress.sequence, horizon)) {
      for await (const block of partsOf(catalogue, reader, id, run, new Set([sequence]), 'forward')) {
        if (signal.aborted) return;
        yield block;
      }
    }
    progress.sequence = Math.max(progress.sequence, horizon);
  }
}

function deliveries(
  runs: readonly PushedRunRow[],
  wanted: (row: number) => string | undefined,
  after: number,
  through: number,
): { run: PushedRunRow; id: string; sequence: number }[] {
  const found = runs.flatMap((run) => {
    const id = wanted(run.stream);
    if (id === undefined) return [];
    return run.parts.flatMap(({ sequence }) =>
      sequence > after && sequence <= through ? [{ run, id, sequence }] : [],
    );
  });
  return found.sort((a, b) => a.sequence - b.sequence);
}

/** The stream's id if it is wanted. Rows are never used again, and labels never change. */
function verdicts(
  catalogue: Catalogue,
  scope: Scope,
  wants: (stream: PushedStream) => boolean,
): (row: number) => string | undefined {
  const known = new Map<number, string | undefined>();
  const ask = (row: number): string | undefined => {
    const found = catalogue.pushed.streams.byRow(row);
    if (!found || !allowsStream(scope, found)) return undefined;
    const [stream] = catalogue.pushed.streams.index.list(scope, { ids: [found.id] });
    return stream && wants(stream) ? found.id : undefined;
  };
  return (row) => {
    if (known.size > verdictsMax) known.clear();
    if (!known.has(row)) known.set(row, ask(row));
    return known.get(row);
  };
}
