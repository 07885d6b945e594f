import { duplicateSuffix } from '../pipeline/label-name.ts';
import type { Grouping, LabelFilter, Stage, Unwrap } from '../syntax/ast.ts';
import { parseTemplate, templateFields } from '../template/parse-template.ts';

/**
 * Labels that a metric query reads: those it groups by, and those that its stages ask for. Null where it may read any, since then
 * parsers must extract all.
 */
export function neededLabels(
  stages: readonly Stage[],
  unwrap: Unwrap | undefined,
  grouping: Grouping | undefined,
): string[] | null {
  if (grouping === undefined || grouping.without) return null;
  const names = new Set(grouping.labels);
  if (unwrap) {
    names.add(unwrap.label);
    for (const filter of unwrap.filters) addFilter(names, filter);
  }
  for (const stage of stages) if (!addStage(names, stage)) return null;
  // A field that collides gets a suffix only after it was found by its own name.
  for (const name of [...names]) if (name.endsWith(duplicateSuffix)) names.add(name.slice(0, -duplicateSuffix.length));
  return [...names];
}

/** Whether anything reads this label. */
export function isNeeded(needed: readonly string[] | null, name: string): boolean {
  return needed === null || needed.includes(name);
}

function addStage(names: Set<string>, stage: Stage): boolean {
  if (stage.kind === 'label_filter') addFilter(names, stage.filter);
  else if (stage.kind === 'line_format') return addTemplate(names, stage.template);
  else if (stage.kind === 'label_format') {
    for (const format of stage.formats) {
      if ('from' in format) names.add(format.from);
      else if (!addTemplate(names, format.template)) return false;
    }
  } else if (stage.kind === 'drop' || stage.kind === 'keep') {
    for (const label of stage.labels) if ('op' in label) names.add(label.name);
  }
  return true;
}

function addTemplate(names: Set<string>, template: string): boolean {
  const fields = templateFields(parseTemplate(template));
  for (const name of fields ?? []) names.add(name);
  return fields !== undefined;
}

function addFilter(names: Set<string>, filter: LabelFilter): void {
  if ('left' in filter) {
    addFilter(names, filter.left);
    addFilter(names, filter.right);
  } else names.add(filter.name);
}
