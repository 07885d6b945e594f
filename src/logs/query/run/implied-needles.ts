import { compileMatcher } from '../labels/matcher.ts';
import { duplicateSuffix } from '../pipeline/label-name.ts';
import type { LabelFilter, Stage } from '../syntax/ast.ts';

/** Shorter parts of a name stand in too many lines. */
const partCharsMin = 2;

/**
 * A text that a line must hold for a filter behind a parser to let it pass: the value that a field must have, or the field's name. It
 * says nothing of a line that writes letters as `\u0061`, nor where the stream or its metadata has the label.
 */
export interface ImpliedNeedle {
  label: string;
  text: string;
}

/** Of `| json` or `| logfmt` at the front and the filters right behind it, as far as all of them must hold. */
export function impliedNeedles(stages: readonly Stage[]): ImpliedNeedle[] {
  const [parser, ...rest] = stages;
  if ((parser?.kind !== 'json' && parser?.kind !== 'logfmt') || parser.extractions.length > 0) return [];
  const needles: ImpliedNeedle[] = [];
  for (const stage of rest) {
    if (stage.kind !== 'label_filter') break;
    addFilter(needles, stage.filter);
  }
  return needles;
}

function addFilter(needles: ImpliedNeedle[], filter: LabelFilter): void {
  if ('left' in filter && filter.kind === 'and') {
    addFilter(needles, filter.left);
    addFilter(needles, filter.right);
  }
  // A line that could not be parsed passes a filter of addresses.
  if ('left' in filter || filter.kind === 'ip') return;
  const parts = partsOf(filter.name);
  if (parts === undefined) return;
  if (filter.kind === 'matcher') {
    if (compileMatcher(filter)('')) return;
    const { name, op, value } = filter;
    if (op === '=' && /^[\w .:@/+-]+$/.test(value) && value.length >= name.length) {
      needles.push({ label: name, text: value });
      return;
    }
  }
  for (const text of parts) needles.push({ label: filter.name, text });
}

/**
 * What must stand in a line for a field of this name to be found: a `_` may join names of nested fields or stand for another character,
 * but letters and digits stand for themselves. Undefined for names that are made here.
 */
function partsOf(name: string): string[] | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || name.endsWith(duplicateSuffix)) return undefined;
  const parts = name.split('_').filter((part) => part.length >= partCharsMin);
  return parts.length > 0 ? parts : undefined;
}
