import { Fault } from '../../base/fault.ts';
import type { InstanceId } from '../batch/batch.ts';
import { type BlockReader, runsOf, sliceBlock } from './block-reader.ts';
import type { BlockRow, FilePosition, Part } from './block-table.ts';
import type { Catalogue } from './catalogue.ts';
import type { InstanceRow } from './instance-table.ts';
import type { LineBlock, ReadRange, Scope } from './store.ts';

/** Rows of blocks that a reader fetches at a time. */
const BLOCKS_PER_PAGE = 64;
const TIME_MIN = -(2n ** 63n);
const TIME_MAX = 2n ** 63n - 1n;

export function allows(scope: Scope, namespace: string): boolean {
  return scope.namespaces === '*' || scope.namespaces.includes(namespace);
}

/** Throws Fault `not-found`, in the same words whether it does not exist or may not be seen. */
export function instanceInScope(catalogue: Catalogue, scope: Scope, id: InstanceId): InstanceRow {
  const instance = catalogue.instances.find(scope.tenant, id);
  if (instance && !instance.deleted && allows(scope, instance.namespace)) return instance;
  throw new Fault('not-found', `there is no instance ${id}`);
}

/**
 * The blocks of an instance. Merging may go on meanwhile: the position is that of a batch in the file, and a block that
 * reaches over it is cut there, so nothing comes twice and nothing is left out.
 */
export async function* readBlocks(
  catalogue: Catalogue,
  reader: BlockReader,
  scope: Scope,
  id: InstanceId,
  range: ReadRange,
): AsyncGenerator<LineBlock> {
  let position: FilePosition | undefined;
  const forward = range.direction === 'forward';
  for (;;) {
    const instance = instanceInScope(catalogue, scope, id);
    const blocks = page(catalogue, instance.row, range, position);
    if (blocks.length === 0) return;
    for (const block of blocks) {
      const runs = runsOf(block.parts, wantedParts(block, range, position));
      const lines = runs.length === 0 ? 'damaged' : await reader.load(block);
      if (lines === 'moved') break;
      if (lines !== 'damaged') {
        for (const run of forward ? runs : runs.toReversed()) yield sliceBlock(instance.id, block, lines, run);
      }
      position = { segment: block.segment, offset: forward ? block.offsetLast : block.offset };
    }
  }
}

function page(
  catalogue: Catalogue,
  instance: number,
  range: ReadRange,
  position: FilePosition | undefined,
): BlockRow[] {
  const { since = TIME_MIN, until = TIME_MAX } = range;
  return range.direction === 'forward'
    ? catalogue.blocks.after(instance, since, until, position, BLOCKS_PER_PAGE)
    : catalogue.blocks.before(instance, since, until, position, BLOCKS_PER_PAGE);
}

function wantedParts(
  block: BlockRow,
  { throughSequence = Number.POSITIVE_INFINITY, direction }: ReadRange,
  position: FilePosition | undefined,
): (part: Part) => boolean {
  const offset = position?.segment === block.segment ? position.offset : undefined;
  return (part) =>
    part.sequence <= throughSequence &&
    (offset === undefined || (direction === 'forward' ? part.offset > offset : part.offset < offset));
}
