import type { LabelPair } from '../../../exposition/exposition.ts';
import { Labels } from '../../query/query.ts';
import type { LabelMap, Relabel } from '../relabel/relabel.ts';

/** How the labels on a page become those of a stored series. A limit of 0 is none. */
export interface SampleLabelRules {
  honorLabels: boolean;
  metricRelabel: Relabel;
  labelsMax: number;
  labelNameLengthMax: number;
  labelValueLengthMax: number;
}

/** Why a page is refused as a whole, as Prometheus refuses it. */
export class BadPage extends Error {}

/** Undefined: relabelling dropped the series. Throws BadPage. */
export function storedLabels(
  pairs: readonly LabelPair[],
  target: readonly (readonly [string, string])[],
  rules: SampleLabelRules,
): Labels | undefined {
  const labels: LabelMap = new Map();
  for (const { name, value } of pairs) {
    if (labels.has(name))
      throw new BadPage(`the label ${JSON.stringify(name)} is written twice on a series of ${pairs[0]?.value}`);
    if (value !== '') labels.set(name, value);
    else if (name === '') throw new BadPage(`a series of ${pairs[0]?.value} has a label without a name`);
  }
  addTargetLabels(labels, target, rules.honorLabels);
  if (!rules.metricRelabel(labels) || labels.size === 0) return undefined;
  if (!labels.has('__name__')) throw new BadPage('relabelling left a series without a metric name');
  checkLimits(labels, rules);
  return Labels.from(labels);
}

/** A label that page and target both have is the target's, and the page's becomes `exported_…`, unless the page is honoured. */
export function addTargetLabels(
  labels: LabelMap,
  target: readonly (readonly [string, string])[],
  honor: boolean,
): void {
  const exported: [string, string][] = [];
  for (const [name, value] of target) {
    const own = labels.get(name);
    if (own !== undefined && honor) continue;
    if (own !== undefined) exported.push([name, own]);
    labels.set(name, value);
  }
  exported.sort(([a], [b]) => a.length - b.length);
  for (const [name, value] of exported) {
    let free = `exported_${name}`;
    while (labels.has(free)) free = `exported_${free}`;
    labels.set(free, value);
  }
}

function checkLimits(labels: LabelMap, rules: SampleLabelRules): void {
  const { labelsMax, labelNameLengthMax, labelValueLengthMax } = rules;
  const metric = labels.get('__name__');
  if (labelsMax > 0 && labels.size > labelsMax)
    throw new BadPage(
      `label_limit exceeded: a series of ${metric} has ${labels.size} labels, the limit is ${labelsMax}`,
    );
  if (labelNameLengthMax === 0 && labelValueLengthMax === 0) return;
  for (const [name, value] of labels) {
    if (labelNameLengthMax > 0 && Buffer.byteLength(name) > labelNameLengthMax)
      throw new BadPage(
        `label_name_length_limit exceeded: a label name of ${metric} has ${Buffer.byteLength(name)} bytes, the limit is ${labelNameLengthMax}`,
      );
    if (labelValueLengthMax > 0 && Buffer.byteLength(value) > labelValueLengthMax)
      throw new BadPage(
        `label_value_length_limit exceeded: the value of ${metric}'s label ${name} has ${Buffer.byteLength(value)} bytes, the limit is ${labelValueLengthMax}`,
      );
  }
}
