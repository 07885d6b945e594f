/** A piece of a pattern: a literal text, or `<name>`, whose name is `_` where it is only skipped. */
export type PatternPiece = { literal: Buffer } | { capture: string };

/** Cuts `<ip> - <_> [<time>]` into its pieces. Throws an Error where two captures touch. */
export function parsePatternExpression(pattern: string): PatternPiece[] {
  const pieces: PatternPiece[] = [];
  for (const text of pattern.split(/(<[A-Za-z_][A-Za-z0-9_]*>)/)) {
    if (text === '') continue;
    const capture = /^<([A-Za-z_]\w*)>$/.exec(text)?.[1];
    const last = pieces.at(-1);
    if (capture !== undefined && last && 'capture' in last) {
      throw new Error(`found consecutive capture '<${last.capture}><${capture}>': invalid expression`);
    }
    pieces.push(capture === undefined ? { literal: Buffer.from(text) } : { capture });
  }
  return pieces;
}
