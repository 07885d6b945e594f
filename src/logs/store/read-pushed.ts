import { Fault } from '../../base/fault.ts';
import { runsOf } from './block-reader.ts';
import type { Part } from './block-table.ts';
import type { Catalogue } from './catalogue.ts';
import { type PushedReader, slicePushed } from './pushed-reader.ts';
import type { PushedRunRow } from './pushed-rows.ts';

import { allows } from './read.ts';
import type { PushedBlock, ReadRange, Scope } from './store.ts';
import type { IndexedStream } from './stream-index.ts';

const TIME_MIN = -(2n ** 63n);
const TIME_MAX = 2n ** 63n - 1n;

/** A stream that names no namespace is only for those who may read all of them. */
export function allowsStream(
  scope: Scope,
  { tenant, namespace }: Pick<IndexedStream, 'tenant' | 'namespace'>,
): boolean {
  return tenant === scope.tenant && (namespace === null ? scope.namespaces === '*' : allows(scope, namespace));
}

/** Throws Fault `not-found`, in the same words whether it does not exist or may not be seen. */
export function streamInScope(catalogue: Catalogue, scope: Scope, id: string): IndexedStream {
  const stream = catalogue.pushed.streams.get(id);
  if (stream && allowsStream(scope, stream)) return stream;
  throw new Fault('not-found', `there is no pushed stream ${id}`);
}

/**
 * The blocks of a stream. Which runs there are is asked once: merging may go on meanwhile, and the parts of a run that has become
 * part of another are then looked for where they are now, so nothing comes twice and nothing is left out.
 */
export async function* readPushedBlocks(
  catalogue: Catalogue,
  reader: PushedReader,
  scope: Scope,
  id: string,
  range: ReadRange,
): AsyncGenerator<PushedBlock> {
  const { since = TIME_MIN, until = TIME_MAX, throughSequence = Number.POSITIVE_INFINITY, direction } = range;
  const stream = streamInScope(catalogue, scope, id);
  for (const run of catalogue.pushed.runsBetween(stream.row, since, until, direction)) {
    const wanted = new Set(run.parts.map(({ sequence }) => sequence).filter((sequence) => sequence <= throughSequence));
    yield* partsOf(catalogue, reader, id, run, wanted, direction);
  }
}

/** The wanted parts of a run, wherever they lie by now. */
export async function* partsOf(
  catalogue: Catalogue,
  reader: PushedReader,
  id: string,
  run: PushedRunRow,
  wanted: ReadonlySet<number>,
  direction: ReadRange['direction'],
): AsyncGenerator<PushedBlock> {
  const isWanted = ({ sequence }: Part) => wanted.has(sequence);
  const slices = runsOf(run.parts, isWanted);
  if (slices.length === 0) return;
  const lines = await reader.load(run.block);
  // What was in a damaged block may lie in another one by now.
  if (typeof lines === 'string') {
    const found = catalogue.pushed.runsHolding(run.stream, Math.min(...wanted), Math.max(...wanted));
    for (const each of direction === 'forward' ? found : found.toReversed())
      yield* partsOf(catalogue, reader, id, each, wanted, direction);
    return;
  }
  for (const slice of direction === 'forward' ? slices : slices.toReversed()) yield slicePushed(id, run, lines, slice);
}
