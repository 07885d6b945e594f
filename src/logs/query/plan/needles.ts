import { patternLiterals } from '../pipeline/pattern-filter.ts';
import { requiredLiteral } from '../regex/required-literal.ts';
import type { Needle } from '../source.ts';
import type { Stage } from '../syntax/ast.ts';

/** A block is asked for no more needles than this. */
const needlesMax = 16;

/** What every line must hold to come through: from line filters before any stage that changes the line. */
export function neededText(stages: readonly Stage[]): Needle[] {
  const needles: Needle[] = [];
  for (const stage of stages) {
    if (stage.kind === 'line_format' || stage.kind === 'unpack' || stage.kind === 'decolorize') break;
    if (stage.kind !== 'line_filter' || stage.op.startsWith('!') || stage.terms.length > 1) continue;
    const [{ text, isIp }] = stage.terms as [{ text: string; isIp: boolean }];
    if (isIp) continue;
    if (stage.op === '|=') needles.push({ text, ignoreCase: false });
    else if (stage.op === '|>') {
      for (const literal of patternLiterals(text)) needles.push({ text: literal.toString(), ignoreCase: false });
    } else {
      const literal = requiredLiteral(text);
      if (literal) needles.push(literal);
    }
  }
  // A replacement character in a query may stand for bytes that are no text.
  return needles.filter(({ text }) => text !== '' && !text.includes('\ufffd')).slice(0, needlesMax);
}
