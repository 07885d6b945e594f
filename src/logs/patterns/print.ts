import type { Kind } from './kind.ts';
import { VARIABLE } from './scan.ts';

const variable = '<_>';
/** Variables with only these between them are read as one: times, addresses, paths. */
const withinOne = /^[:/.+-]+$/;

/** A kind as LogQL's `|>` takes it: what is the same in all of its lines, and `<_>` for what is not. */
export function patternText(kind: Pick<Kind, 'words' | 'between' | 'values' | 'lines'>): string {
  const { between } = kind;
  const words = shownWords(kind);
  let text = between[0]!;
  let endsOnVariable = false;
  for (let at = 0; at < words.length; at++) {
    const behind = between[at + 1]!;
    const isVariable = words[at] === VARIABLE || looksLikeCapture(text, words[at]!, behind);
    const isJoined = isVariable && endsOnVariable && withinOne.test(between[at]!);
    if (isJoined) text = text.slice(0, -between[at]!.length);
    text += (isJoined ? '' : isVariable ? variable : words[at]!) + behind;
    endsOnVariable = isVariable;
  }
  return text;
}

/** Variables that always had one value show it. Of a single line nobody knows what varies; nor do parts of one time or address stand alone. */
function shownWords({ words, between, values, lines }: Parameters<typeof patternText>[0]): readonly string[] {
  if (lines < 2) return words;
  const shown = [...words];
  let variables = 0;
  for (let from = 0; from < words.length; from++) {
    if (words[from] !== VARIABLE) continue;
    let to = from + 1;
    while (to < words.length && words[to] === VARIABLE && withinOne.test(between[to]!)) to++;
    const run = values.slice(variables, variables + to - from);
    variables += run.length;
    if (run.every((value) => value !== undefined)) shown.splice(from, run.length, ...(run as string[]));
    from = to - 1;
  }
  return shown;
}

/** `<name>` in a line would be a capture in the pattern. */
function looksLikeCapture(before: string, word: string, behind: string): boolean {
  return before.endsWith('<') && behind.startsWith('>') && /^[A-Za-z_]\w*$/.test(word);
}
