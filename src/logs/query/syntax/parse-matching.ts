import type { Grouping, Matching } from './ast.ts';
import type { TokenReader } from './token-reader.ts';

/** What may stand between an operator and its right side: `bool`, `on (…)`, `ignoring (…)`, `group_left (…)`, `group_right (…)`. */
export function parseModifiers(reader: TokenReader): { returnBool: boolean; matching?: Matching } {
  const returnBool = reader.takeIf('bool') !== undefined;
  const word = reader.takeIf('on') ?? reader.takeIf('ignoring');
  if (word === undefined) return { returnBool };
  const matching: Matching = {
    on: word.kind === 'on',
    labels: parseLabelList(reader),
    cardinality: 'one-to-one',
    include: [],
  };
  const group = reader.takeIf('group_left') ?? reader.takeIf('group_right');
  if (group !== undefined) {
    matching.cardinality = group.kind === 'group_left' ? 'many-to-one' : 'one-to-many';
    // What follows may also be the right side in parentheses; a list has names and commas alone.
    if (isLabelList(reader)) matching.include = parseLabelList(reader);
  }
  return { returnBool, matching };
}

function isLabelList(reader: TokenReader): boolean {
  return reader.kind() === '(' && (reader.kind(1) === ')' || reader.kind(1) === 'identifier');
}

export function parseGrouping(reader: TokenReader): Grouping | undefined {
  const word = reader.takeIf('by') ?? reader.takeIf('without');
  return word === undefined ? undefined : { without: word.kind === 'without', labels: parseLabelList(reader) };
}

function parseLabelList(reader: TokenReader): string[] {
  reader.expect('(');
  if (reader.takeIf(')') !== undefined) return [];
  const names = [reader.expect('identifier', ')').text];
  while (reader.takeIf(',') !== undefined) names.push(reader.expect('identifier').text);
  reader.expect(')', ',');
  return names;
}
