import { unquote } from '../text/quoted.ts';

export interface TemplateToken {
  kind:
    | 'text'
    | 'open'
    | 'close'
    | 'word'
    | 'field'
    | 'variable'
    | 'dot'
    | 'string'
    | 'char'
    | 'number'
    | 'sign'
    | 'space';
  text: string;
}

const INSIDE: readonly (readonly [TemplateToken['kind'], RegExp])[] = [
  ['space', /\s+/y],
  ['string', /"(?:[^"\\\n]|\\[\s\S])*"|`[^`]*`/y],
  ['char', /'(?:[^'\\\n]|\\[^']+|\\')'/y],
  ['number', /[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?)/y],
  ['field', /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['dot', /\./y],
  ['variable', /\$[\p{L}\p{Nd}_]*/uy],
  ['word', /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['sign', /:=|[=|(),]/y],
];

/** Cuts a template into text and the tokens of its actions; white space beside `{{-` and `-}}` is gone. Throws an Error. */
export function templateTokens(source: string): TemplateToken[] {
  const tokens: TemplateToken[] = [];
  let at = 0;
  let trimsNext = false;
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    let text = source.slice(at, open < 0 ? undefined : open);
    if (trimsNext) text = text.trimStart();
    trimsNext = false;
    if (open < 0) {
      if (text !== '') tokens.push({ kind: 'text', text });
      break;
    }
    const trimsBefore = /^\{\{-\s/.test(source.slice(open, open + 4));
    if (trimsBefore) text = text.trimEnd();
    if (text !== '') tokens.push({ kind: 'text', text });
    at = open + (trimsBefore ? 3 : 2);
    const comment = /^\s*\/\*[\s\S]*?\*\/(\s-)?\}\}/.exec(source.slice(at));
    if (comment) {
      trimsNext = comment[1] !== undefined;
      at += comment[0].length;
      continue;
    }
    tokens.push({ kind: 'open', text: '{{' });
    const end = insideAction(source, at, tokens);
    trimsNext = end.trims;
    at = end.at;
    tokens.push({ kind: 'close', text: '}}' });
  }
  return tokens;
}

function insideAction(source: string, from: number, tokens: TemplateToken[]): { at: number; trims: boolean } {
  let at = from;
  for (;;) {
    if (source.startsWith('}}', at)) return { at: at + 2, trims: false };
    const trimming = /\s-\}\}/y;
    trimming.lastIndex = at;
    if (trimming.test(source)) return { at: trimming.lastIndex, trims: true };
    if (at >= source.length) throw new Error('template: unclosed action');
    const found = INSIDE.map(([kind, pattern]) => {
      pattern.lastIndex = at;
      return { kind, text: pattern.exec(source)?.[0] };
    }).find(({ text }) => text !== undefined);
    if (found?.text === undefined) {
      const what = /["'`]/.test(source[at]!)
        ? 'unterminated quoted string'
        : `unexpected ${JSON.stringify(source[at])}`;
      throw new Error(`template: ${what} in operand`);
    }
    tokens.push({ kind: found.kind, text: found.text });
    at += found.text.length;
  }
}

/** The value of a `string` or `char` token. Throws an Error. */
export function literalText(token: TemplateToken): string {
  const literal =
    token.kind === 'char' ? `"${token.text.slice(1, -1).replace(/^"$/, '\\"').replace(/^\\'$/, "'")}"` : token.text;
  const value = unquote(literal);
  if (value === undefined) throw new Error(`template: malformed constant ${token.text}`);
  return value;
}
