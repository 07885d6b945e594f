import type { Needle } from '../source.ts';
import { type PatternNode, parsePatternTree } from './pattern-tree.ts';

/**
 * A text that every match holds, the longest that is easy to see. Where case is ignored it is in lower case, and without `k` and `s`,
 * which also match letters outside ASCII.
 */
export function requiredLiteral(pattern: string): Needle | undefined {
  const tree = parsePatternTree(pattern);
  if (tree === undefined) return undefined;
  const pieces = literals(tree.root).flatMap((piece) =>
    tree.ignoreCase ? piece.toLowerCase().split(/[ks]/) : [piece],
  );
  const text = pieces.reduce((best, piece) => (piece.length > best.length ? piece : best), '');
  return text === '' ? undefined : { text, ignoreCase: tree.ignoreCase };
}

/** Whether a pattern is nothing but its literal. */
export function plainLiteral(pattern: string): Needle | undefined {
  const tree = parsePatternTree(pattern);
  if (tree?.root.kind !== 'sequence') return undefined;
  let text = '';
  for (const part of tree.root.parts) {
    if (part.kind !== 'set' || part.members.only === undefined) return undefined;
    text += part.members.only;
  }
  return text === '' ? undefined : { text: tree.ignoreCase ? text.toLowerCase() : text, ignoreCase: tree.ignoreCase };
}

/** Texts that must occur, as far as single characters stand side by side. */
function literals(node: PatternNode): string[] {
  if (node.kind === 'repeat') return node.min > 0 ? literals(node.part) : [];
  if (node.kind === 'set') return node.members.only === undefined ? [] : [node.members.only];
  if (node.kind !== 'sequence') return [];
  const found: string[] = [];
  let run = '';
  for (const part of node.parts) {
    if (part.kind === 'set' && part.members.only !== undefined) {
      run += part.members.only;
      continue;
    }
    found.push(run);
    run = '';
    found.push(...literals(part));
  }
  return [...found, run];
}
