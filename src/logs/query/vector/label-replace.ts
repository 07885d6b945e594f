import type { LabelReplaceNode } from '../plan/plan.ts';
import { compilePattern } from '../regex/compile-pattern.ts';
import { expand, groupText } from '../regex/replace-all.ts';
import type { StepSeries } from '../run/vector.ts';

/** Sets a label from a pattern that matches all of another one's value; series that do not match stay as they are. */
export function labelReplace(node: LabelReplaceNode, input: readonly StepSeries[]): StepSeries[] {
  const pattern = compilePattern(`^(?:${node.pattern})$`);
  const names = pattern.namedGroups();
  return input.map((series) => {
    const matcher = pattern.matcher(series.labels.get(node.source));
    if (!matcher.find()) return series;
    const value = expand(node.replacement, (name) => groupText(matcher, names, name));
    return { ...series, labels: series.labels.with(node.target, value).withoutEmpty() };
  });
}
