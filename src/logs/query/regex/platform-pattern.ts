import { type PatternRuns, patternRuns } from './pattern-runs.ts';
import { type CharSet, type PatternNode, type PatternTree, parsePatternTree } from './pattern-tree.ts';

/** A pattern that the platform's own engine, which backtracks, may run on texts in ASCII up to so many characters. */
export interface PlatformPattern {
  /** Undefined where this engine cannot tell. */
  test(text: string): boolean | undefined;
  charsMax: number;
}

/**
 * Steps of backtracking for each character that are borne at most. A loop within a search costs as many steps a character as the text is
 * long, a second one that many times more; so the length of the text is bounded, and the cost with it.
 */
const stepsPerCharMax = 4096;
const factorMax = 64;
const charsMax = 1024 * 1024;
const NEWLINE = 0x0a;

/** The pattern for the platform's engine; undefined where it could take long, or is not understood. */
export function platformPattern(pattern: string): PlatformPattern | undefined {
  const tree = parsePatternTree(pattern);
  return tree && (asGlob(tree) ?? asWhole(tree));
}

/** A pattern as it finds lines in a text of many: ASCII, each line followed by a newline. */
export interface TextPattern {
  /** Global; a match never reaches over the end of a line. */
  expression: RegExp;
  /** Lines that are longer are not for this engine. */
  lineCharsMax: number;
  /** Whether it tells nothing of lines that hold newlines themselves. */
  needsSingleLines: boolean;
  /** Of what its matches lie in. */
  runs: PatternRuns | undefined;
}

/** The same for whole texts: the cost of a search is still that of the line it is in. Undefined also where line by line is quicker. */
export function textPattern(pattern: string): TextPattern | undefined {
  const tree = parsePatternTree(pattern);
  const cost = tree && !asGlob(tree) ? costOf(tree.root) : undefined;
  if (tree === undefined || cost === undefined) return undefined;
  const seen = { newline: false };
  const source = sourceOf(tree.root, seen);
  // What matches nothing matches between any two characters: that is every line, and takes a step each.
  if (new RegExp(source).test('')) return undefined;
  return {
    expression: new RegExp(source, 'g'),
    lineCharsMax: lengthFor(cost),
    needsSingleLines: seen.newline,
    runs: patternRuns(tree),
  };
}

function asWhole(tree: PatternTree): PlatformPattern | undefined {
  const cost = costOf(tree.root);
  if (cost === undefined) return undefined;
  const expression = new RegExp(sourceOf(tree.root));
  return { test: (text) => expression.test(text), charsMax: lengthFor(cost) };
}

/**
 * `a.*b.*c`, where all but the last are of one length: each is sought behind the one before, from left to right, without going back. The
 * first place where one ends leaves the most room for the next.
 */
function asGlob({ root }: PatternTree): PlatformPattern | undefined {
  if (root.kind !== 'sequence') return undefined;
  const pieces: PatternNode[][] = [[]];
  for (const part of root.parts) {
    if (isAnything(part)) pieces.push([]);
    else pieces.at(-1)!.push(part);
  }
  if (
    pieces.length < 2 ||
    !pieces.slice(0, -1).every((parts) => parts.every(({ kind }) => kind === 'set' || kind === 'start'))
  ) {
    return undefined;
  }
  const nodes = pieces.map((parts): PatternNode => ({ kind: 'sequence', parts }));
  const costs = nodes.map(costOf);
  if (costs.includes(undefined)) return undefined;
  const expressions = nodes.map((node) => new RegExp(sourceOf(node), 'g'));
  return { test: (text) => inTurn(expressions, text), charsMax: Math.min(...costs.map((cost) => lengthFor(cost!))) };
}

function inTurn(expressions: readonly RegExp[], text: string): boolean | undefined {
  // What lies between two pieces must not hold a newline.
  if (text.includes('\n')) return undefined;
  let at = 0;
  for (const expression of expressions) {
    expression.lastIndex = at;
    if (!expression.test(text)) return false;
    at = expression.lastIndex;
  }
  return true;
}

/** `.*`. */
function isAnything(part: PatternNode): boolean {
  return part.kind === 'repeat' && part.min === 0 && part.max === Number.POSITIVE_INFINITY && isDot(part.part);
}

function isDot(node: PatternNode): boolean {
  return node.kind === 'set' && node.members.has.every((is, code) => is || code === 0x0a);
}

/** Loops whose end the next character does not tell, others, and by how much alternatives multiply the work. */
interface Cost {
  openLoops: number;
  hasClosedLoop: boolean;
  factor: number;
}

function lengthFor({ openLoops, hasClosedLoop, factor }: Cost): number {
  const degree = openLoops + (hasClosedLoop ? 1 : 0);
  return degree === 0 ? charsMax : Math.floor((stepsPerCharMax / factor) ** (1 / degree));
}

/** Undefined where a loop holds more than single characters, or alternatives multiply too much. */
function costOf(node: PatternNode): Cost | undefined {
  const total: Cost = { openLoops: 0, hasClosedLoop: false, factor: 1 };
  return addCost(total, node, undefined) && total.factor <= factorMax ? total : undefined;
}

function addCost(total: Cost, node: PatternNode, next: PatternNode | undefined): boolean {
  switch (node.kind) {
    case 'sequence':
      return node.parts.every((part, at) => addCost(total, part, node.parts[at + 1] ?? next));
    case 'either':
      total.factor *= node.parts.length;
      return node.parts.every((part) => addCost(total, part, undefined));
    case 'repeat':
      return addRepeat(total, node, next);
  }
  return true;
}

function addRepeat(
  total: Cost,
  { part, min, max }: PatternNode & { kind: 'repeat' },
  next: PatternNode | undefined,
): boolean {
  if (max === min && part.kind === 'set') {
    return max <= 1000;
  }
  if (max === 1) {
    total.factor *= 2;
    return addCost(total, part, undefined);
  }
  if (part.kind !== 'set') return false;
  if (next?.kind === 'set' && areApart(part.members, next.members)) total.hasClosedLoop = true;
  else total.openLoops++;
  return max === Number.POSITIVE_INFINITY || max <= 1000;
}

function areApart(a: CharSet, b: CharSet): boolean {
  return !a.has.some((is, code) => is && b.has[code]);
}

/** With `seen`, as it is for texts of many lines; it is noted there whether newlines would make a difference within a line. */
function sourceOf(node: PatternNode, seen?: { newline: boolean }): string {
  const of = (part: PatternNode) => sourceOf(part, seen);
  switch (node.kind) {
    case 'set':
      if (seen === undefined || !node.members.has[NEWLINE]) return setSource(node.members);
      seen.newline = true;
      return setSource({ has: node.members.has.with(NEWLINE, false) });
    case 'start':
    case 'end':
      if (seen === undefined) return node.kind === 'start' ? '^' : '$';
      seen.newline = true;
      return node.kind === 'start' ? '(?<![^\\n])' : '(?![^\\n])';
    case 'boundary':
      return '\\b';
    case 'not boundary':
      return '\\B';
    case 'sequence':
      return node.parts.map((part) => (part.kind === 'either' ? `(?:${of(part)})` : of(part))).join('');
    case 'either':
      return node.parts.map(of).join('|');
    case 'repeat': {
      const count = node.max === Number.POSITIVE_INFINITY ? `{${node.min},}` : `{${node.min},${node.max}}`;
      return `(?:${of(node.part)})${count}`;
    }
  }
}

/** Texts are in ASCII, so that everything beyond is as good as in the set or not. */
function setSource({ has }: CharSet): string {
  let source = '';
  for (let from = 0; from < 128; from++) {
    if (!has[from]) continue;
    let to = from;
    while (has[to + 1]) to++;
    source += escapedCode(from) + (to > from ? `-${escapedCode(to)}` : '');
    from = to;
  }
  return `[${source}]`;
}

function escapedCode(code: number): string {
  return `\\x${code.toString(16).padStart(2, '0')}`;
}
