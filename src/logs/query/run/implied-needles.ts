import { compileMatcher } from '../labels/matcher.ts';
import type { LabelFilter, Stage } from '../syntax/ast.ts';

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
  // A name with `_` may be put together of others; those of errors are made here.
  if ('left' in filter || !/^[A-Za-z][A-Za-z0-9]*$/.test(filter.name)) return;
  if (filter.kind === 'matcher') {
    if (compileMatcher(filter)('')) return;
    const isPlain =
      filter.op === '=' && /^[\w .:@/+-]+$/.test(filter.value) && filter.value.length >= filter.name.length;
    needles.push({ label: filter.name, text: isPlain ? filter.value : filter.name });
  } else needles.push({ label: filter.name, text: filter.name });
}
