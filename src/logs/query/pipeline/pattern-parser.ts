import { parsePatternExpression } from './pattern-expression.ts';

/** Calls `found` with each named capture, in order, as a range of the line. Captures end at the next literal, or with the line. */
export type PatternParser = (line: Buffer, found: (name: string, from: number, to: number) => void) => void;

/** Throws an Error where the pattern captures nothing or a name twice. */
export function compilePatternParser(pattern: string): PatternParser {
  const pieces = parsePatternExpression(pattern);
  const names = pieces.flatMap((piece) => ('capture' in piece && piece.capture !== '_' ? [piece.capture] : []));
  if (names.length === 0) throw new Error('at least one capture is required');
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`duplicate capture name (${twice}): invalid expression`);
  const first = pieces[0]!;
  const head = 'literal' in first ? first.literal : undefined;
  const rest = head ? pieces.slice(1) : pieces;
  return (line, found) => {
    if (line.length === 0) return;
    let at = 0;
    if (head) {
      if (line.length < head.length || line.compare(head, 0, head.length, 0, head.length) !== 0) return;
      at = head.length;
    }
    for (let i = 0; i < rest.length; i += 2) {
      const { capture } = rest[i] as { capture: string };
      const next = rest[i + 1] as { literal: Buffer } | undefined;
      const end = next ? line.indexOf(next.literal, at) : -1;
      if (capture !== '_') found(capture, at, end < 0 ? line.length : end);
      if (end < 0) return;
      at = end + next!.literal.length;
    }
  };
}
