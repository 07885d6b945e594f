import type { ComparisonOp, LabelFilter, MatchOp } from './ast.ts';
import { parseNumber } from './parse-number.ts';
import { checkedMatcher } from './parse-selector.ts';
import type { Token } from './token.ts';
import type { TokenReader } from './token-reader.ts';

const precedence: Readonly<Record<string, number>> = { or: 1, and: 2 };

/**
 * Conditions joined by `and`, `or`, a comma or nothing. A comma, and nothing, mean `and` with all that follows:
 * `a or b, c or d` is `a or (b and (c or d))`, as Loki reads it.
 */
export function parseLabelFilter(reader: TokenReader, loosest = 1): LabelFilter {
  return reader.nested(() => {
    let left = parseCondition(reader);
    for (;;) {
      const kind = reader.kind();
      if (kind === ',' || kind === 'identifier' || kind === '(') {
        if (kind === ',') reader.take();
        return { kind: 'and', left, right: parseLabelFilter(reader) };
      }
      const binding = precedence[kind];
      if (binding === undefined || binding < loosest) return left;
      reader.take();
      left = { kind: kind as 'and' | 'or', left, right: parseLabelFilter(reader, binding + 1) };
    }
  });
}

function parseCondition(reader: TokenReader): LabelFilter {
  if (reader.takeIf('(') !== undefined) {
    const inner = parseLabelFilter(reader);
    reader.expect(')');
    return inner;
  }
  const name = reader.takeIf('identifier') ?? reader.unexpected();
  const op = reader.peek();
  if (['=~', '!~'].includes(op.kind)) {
    reader.take();
    return matcherOf(reader, name, op.kind as MatchOp);
  }
  if (!['=', '==', '!=', '>', '>=', '<', '<='].includes(op.kind)) return reader.unexpected();
  reader.take();
  return parseCompared(reader, name, op.kind);
}

function parseCompared(reader: TokenReader, name: Token, op: string): LabelFilter {
  const value = reader.peek();
  const mayMatch = op === '=' || op === '!=';
  if (mayMatch && value.kind === 'string') return matcherOf(reader, name, op);
  if (mayMatch && value.kind === 'ip') {
    reader.take();
    reader.expect('(');
    const { text } = reader.expect('string');
    reader.expect(')');
    return { kind: 'ip', name: name.text, op, value: text };
  }
  const comparison = (op === '=' ? '==' : op) as ComparisonOp;
  if (value.kind === 'duration' || value.kind === 'bytes') {
    reader.take();
    return { kind: value.kind, name: name.text, op: comparison, value: value.value };
  }
  if (!['number', '+', '-'].includes(value.kind)) return reader.unexpected();
  return { kind: 'number', name: name.text, op: comparison, value: parseNumber(reader) };
}

function matcherOf(reader: TokenReader, name: Token, op: MatchOp): LabelFilter {
  const value = reader.expect('string');
  return { kind: 'matcher', ...checkedMatcher(reader, value, { name: name.text, op, value: value.text }) };
}
