import { parsePatternExpression } from './pattern-expression.ts';

/**
 * The test of `|>`: the pieces in their order, `<_>` for at least one byte, a literal at the end only where the line ends.
 * What stands before a literal at the beginning does not matter. Throws an Error where a capture has a name.
 */
export function compilePatternFilter(pattern: string): (line: Buffer) => boolean {
  const pieces = parsePatternExpression(pattern);
  for (const piece of pieces) {
    if ('capture' in piece && piece.capture !== '_') {
      throw new Error(`named captures are not allowed: found '<${piece.capture}>'`);
    }
  }
  if (pieces.length === 0) return (line) => line.length === 0;
  const endsOnCapture = 'capture' in pieces.at(-1)!;
  return (line) => {
    if (line.length === 0) return false;
    let at = 0;
    for (let i = 0; i < pieces.length; i++) {
      const piece = pieces[i]!;
      if ('capture' in piece) continue;
      const found = line.indexOf(piece.literal, at);
      // A capture before it would be empty.
      if (found < 0 || (i > 0 && found === at)) return false;
      at = found + piece.literal.length;
    }
    return endsOnCapture === at < line.length;
  };
}

/** Literals of a pattern: every line that matches holds them. */
export function patternLiterals(pattern: string): Buffer[] {
  return parsePatternExpression(pattern).flatMap((piece) => ('literal' in piece ? [piece.literal] : []));
}
