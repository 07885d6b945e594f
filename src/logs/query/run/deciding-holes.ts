import type { HolesThatDecide, TemplateForm } from '../../block/block.ts';
import { scanObject } from '../pipeline/json-scanner.ts';
import { nestedName, sanitizedName } from '../pipeline/label-name.ts';
import { LogfmtScanner } from '../pipeline/logfmt-scanner.ts';
import type { SamplesPlan } from '../plan/plan.ts';
import type { Stage } from '../syntax/ast.ts';

/*
 * Which parts of a line decide what becomes of it, where a pipeline is a parser and filters over labels: the values of the labels that are
 * needed. A template's fixed text says where they lie, as no value of a hole changes where a field begins or ends; each hole is
 * put as a private character, and the parser's own scanner finds it again.
 */
const [PRIVATE_FIRST, PRIVATE_LAST] = [0xe000, 0xf8ff];
const privateChars = /[\ue000-\uf8ff]/;
/** The longest escape is `\u` and four digits: a hole within one would change what it says. */
const ESCAPE_CHARS = 6;

/** Undefined where more of a line may decide. */
export function holesThatDecide(plan: SamplesPlan, stages: readonly Stage[]): HolesThatDecide | undefined {
  const [parser, ...filters] = stages;
  if (plan.needed === null || (plan.sampleKind === 'bytes' && plan.unwrap === undefined)) return undefined;
  if (filters.some(({ kind }) => kind !== 'label_filter' && kind !== 'drop' && kind !== 'keep')) return undefined;
  const names = new Set(plan.needed);
  if (parser?.kind === 'json' && parser.extractions.length === 0) return (form) => jsonHoles(form, names);
  if (parser?.kind === 'logfmt' && parser.extractions.length === 0 && !parser.strict)
    return (form) => logfmtHoles(form, names);
  return undefined;
}

/** Every hole has a digit, so a field whose name has a hole in it is none of names without. */
function mayName(names: ReadonlySet<string>, key: string): boolean {
  return privateChars.test(key) && [...names].some((name) => /\d/.test(name));
}

function jsonHoles(form: TemplateForm, names: ReadonlySet<string>): number[] | undefined {
  const { pieces } = form;
  // What does not begin like an object is none, and a hole does not.
  if (pieces[0]!.trimStart()[0] !== '{') return [];
  const source = jsonSkeleton(form);
  if (source === undefined) return undefined;
  const found = new Set<number>();
  const prefixes = [''];
  let isOpen = false;
  scanObject(source, 0, source.length, (key, kind, from, to) => {
    if (mayName(names, key)) isOpen = true;
    const name = nestedName(prefixes.at(-1)!, key);
    if (kind === 'object') {
      prefixes.push(name);
      return { leave: () => prefixes.pop() };
    }
    if (names.has(name)) addHoles(found, source, from, to);
    return 'next';
  });
  return isOpen ? undefined : [...found].sort((a, b) => a - b);
}

/** Undefined where a hole may end or change a value. */
function jsonSkeleton({ pieces, holes }: TemplateForm): string | undefined {
  let source = '';
  let isString = false;
  for (const [at, piece] of pieces.entries()) {
    if (privateChars.test(piece)) return undefined;
    for (let i = piece.indexOf('"'); i >= 0; i = piece.indexOf('"', i + 1))
      if (!isString || !isEscaped(piece, i)) isString = !isString;
    source += piece;
    if (at === holes.length) break;
    if (isString ? piece.includes('\\', piece.length - ESCAPE_CHARS) : holes[at] !== 'number') return undefined;
    source += `${isString ? '' : '0'}${String.fromCharCode(PRIVATE_FIRST + at)}`;
  }
  return source;
}

/** Whether an odd number of backslashes stands before it; what is before the piece is a hole, which has none. */
function isEscaped(piece: string, at: number): boolean {
  let from = at;
  while (from > 0 && piece[from - 1] === '\\') from--;
  return (at - from) % 2 === 1;
}

function logfmtHoles({ pieces, holes }: TemplateForm, names: ReadonlySet<string>): number[] | undefined {
  let source = '';
  for (const [at, piece] of pieces.entries()) {
    if (privateChars.test(piece)) return undefined;
    source += piece;
    if (at === holes.length) break;
    if (piece.includes('\\', piece.length - ESCAPE_CHARS)) return undefined;
    const hole = String.fromCharCode(PRIVATE_FIRST + at);
    source += holes[at] === 'date and time' ? `${hole} ${hole}` : hole;
  }
  const scanner = new LogfmtScanner();
  const found = new Set<number>();
  scanner.reset(source, 0, source.length);
  while (!scanner.atEnd) {
    if (!scanner.next()) continue;
    const { key, value } = scanner;
    if (mayName(names, key)) return undefined;
    if (names.has(sanitizedName(key))) addHoles(found, value, 0, value.length);
  }
  return [...found].sort((a, b) => a - b);
}

function addHoles(found: Set<number>, text: string, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code >= PRIVATE_FIRST && code <= PRIVATE_LAST) found.add(code - PRIVATE_FIRST);
  }
}
