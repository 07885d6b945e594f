import { isValidText, quote } from '../../../base/go-quote.ts';
import type { Matching } from './ast.ts';
import { parseNumber, textOf } from './parse-operand.ts';
import { isWord, tokenEnd } from './token.ts';
import type { TokenReader } from './token-reader.ts';

/** What may stand between a binary operator and its right side: bool, on/ignoring, group_left/right, fill. */
export function parseModifiers(reader: TokenReader): { returnBool: boolean; matching: Matching } {
  const returnBool = reader.takeIf('bool') !== undefined;
  const matching: Matching = { cardinality: 'one-to-one', labels: [], on: false, include: [] };
  const word = reader.takeIf('on') ?? reader.takeIf('ignoring');
  if (word !== undefined) {
    matching.on = word.kind === 'on';
    matching.labels = parseGrouping(reader);
    const group = reader.takeIf('group_left') ?? reader.takeIf('group_right');
    if (group !== undefined) {
      matching.cardinality = group.kind === 'group_left' ? 'many-to-one' : 'one-to-many';
      if (reader.kind() === '(') matching.include = parseGrouping(reader);
    }
  }
  parseFill(reader, matching);
  return { returnBool, matching };
}

function parseFill(reader: TokenReader, matching: Matching): void {
  if (reader.takeIf('fill')) {
    matching.fillLeft = matching.fillRight = fillValue(reader);
  } else if (reader.takeIf('fill_left')) {
    matching.fillLeft = fillValue(reader);
    if (reader.takeIf('fill_right')) matching.fillRight = fillValue(reader);
  } else if (reader.takeIf('fill_right')) {
    matching.fillRight = fillValue(reader);
    if (reader.takeIf('fill_left')) matching.fillLeft = fillValue(reader);
  }
}

function fillValue(reader: TokenReader): number {
  reader.expect('(');
  const sign = reader.takeIf('-') ?? reader.takeIf('+');
  const { value } = parseNumber(reader);
  reader.expect(')');
  return sign?.kind === '-' ? -value : value;
}

/** A list of label names in parentheses; keywords are names here, and names may be quoted. */
export function parseGrouping(reader: TokenReader): string[] {
  reader.expect('(', 'grouping opts', '"("');
  const names: string[] = [];
  while (reader.takeIf(')') === undefined) {
    names.push(groupingLabel(reader));
    if (reader.takeIf(',') === undefined && reader.kind() !== ')') reader.unexpected('grouping opts', '"," or ")"');
  }
  return names;
}

function groupingLabel(reader: TokenReader): string {
  const token = reader.peek();
  const isName = token.kind === 'identifier' || token.kind === 'metric identifier' || isWord(token.kind);
  if (!isName && token.kind !== 'string') reader.unexpected('grouping opts', 'label');
  reader.take();
  const name = token.kind === 'string' ? textOf(reader, token) : token.text;
  if (name === '' || !isValidText(name)) {
    reader.fail({ start: token.start, end: tokenEnd(token) }, `invalid label name for grouping: ${quote(name)}`);
  }
  return name;
}
