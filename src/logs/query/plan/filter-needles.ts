import { patternLiterals } from '../pipeline/pattern-filter.ts';
import { requiredLiteral } from '../regex/required-literal.ts';
import type { Needle } from '../source.ts';
import type { LineFilterStage, Stage } from '../syntax/ast.ts';

/**
 * What a line filter looks for: each of its terms is met only by lines that hold all of that term's needles. A line that meets no term
 * is stopped by the filter, or passes it where it is negative.
 */
export interface FilterNeedles {
  isNegative: boolean;
  terms: readonly (readonly Needle[])[];
}

/** Of the line filters before any stage that changes the line. A term without needles may be met by any line. */
export function filterNeedles(stages: readonly Stage[]): FilterNeedles[] {
  const found: FilterNeedles[] = [];
  for (const stage of stages) {
    if (stage.kind === 'line_format' || stage.kind === 'unpack' || stage.kind === 'decolorize') break;
    if (stage.kind !== 'line_filter') continue;
    const terms = stage.terms.map(({ isIp, text }) => (isIp ? [] : needlesOf(stage.op, text)));
    found.push({ isNegative: stage.op.startsWith('!'), terms });
  }
  return found;
}

/** What every line holds that meets a term. */
export function needlesOf(op: LineFilterStage['op'], text: string): Needle[] {
  const needles: Needle[] = [];
  if (op === '|=' || op === '!=') needles.push({ text, ignoreCase: false });
  else if (op === '|>' || op === '!>') {
    for (const literal of patternLiterals(text)) needles.push({ text: literal.toString(), ignoreCase: false });
  } else {
    const literal = requiredLiteral(text);
    if (literal) needles.push(literal);
  }
  // A replacement character in a query may stand for bytes that are no text.
  return needles.filter((needle) => needle.text !== '' && !needle.text.includes('\ufffd'));
}
