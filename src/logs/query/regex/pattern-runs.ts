import type { CharSet, PatternNode, PatternTree } from './pattern-tree.ts';

/** Where matches of a pattern lie: within runs of bytes of the alphabet, which hold a byte of each needed set. Both are 1 at their bytes. */
export interface PatternRuns {
  alphabet: Uint8Array;
  needed: readonly Uint8Array[];
}

const [BLANK, NEWLINE] = [0x20, 0x0a];
/** Sets that are written as what they leave out hold it, and with it all that is not in ASCII. */
const CONTROL = 0x01;

/** Undefined where a match looks at what is beside it, or may hold blanks: then runs are no less than lines. */
export function patternRuns({ root, ignoreCase }: PatternTree): PatternRuns | undefined {
  const sets: CharSet[] = [];
  if (!addSets(sets, root)) return undefined;
  const all = Array.from({ length: 128 }, (_, code) => sets.some(({ has }) => has[code]));
  if (all[BLANK] || all[NEWLINE]) return undefined;
  // The letters `k` and `s` in any case are also letters that are not in ASCII.
  const isBeyond = all[CONTROL] || (ignoreCase && (all[0x6b] || all[0x73]));
  const bytesOf = (has: readonly boolean[]) =>
    new Uint8Array(256).map((_, byte) => (byte < 128 ? Number(has[byte] === true) : Number(isBeyond)));
  return { alphabet: bytesOf(all), needed: neededSets(root).map(({ has }) => bytesOf(has)) };
}

/** False where there is more than sets. */
function addSets(sets: CharSet[], node: PatternNode): boolean {
  switch (node.kind) {
    case 'set':
      sets.push(node.members);
      return true;
    case 'sequence':
    case 'either':
      return node.parts.every((part) => addSets(sets, part));
    case 'repeat':
      return addSets(sets, node.part);
  }
  return false;
}

function neededSets(node: PatternNode): CharSet[] {
  if (node.kind === 'set') return [node.members];
  if (node.kind === 'sequence') return node.parts.flatMap(neededSets);
  return node.kind === 'repeat' && node.min > 0 ? neededSets(node.part) : [];
}
