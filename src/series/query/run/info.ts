import { Labels } from '../labels/labels.ts';
import { metricName } from '../labels/matcher.ts';
import type { InfoNode } from '../plan/plan.ts';
import { joinEqual } from './equal-labels.ts';
import { evaluateVector } from './evaluate.ts';
import type { Evaluation } from './evaluation.ts';
import { evaluateInstant } from './instant-selector.ts';
import { failDuplicate, QueryError } from './query-error.ts';
import { emptyRow, isPresent, type Row, settled } from './row.ts';

/** The labels by which a series finds its info series. */
const identifying: ReadonlySet<string> = new Set(['instance', 'job']);

/** info(): adds the labels of the info series that belong to a series, at each step those of the newest one. */
export function evaluateInfo(evaluation: Evaluation, node: InfoNode): Row[] {
  const base = evaluateVector(evaluation, node.base);
  const isInfo = (row: Row) => node.nameMatchers.every((matcher) => matcher.matches(row.labels.get(metricName)));
  const info = relevantInfo(
    evaluation,
    node,
    base.filter((row) => !isInfo(row)),
  );
  const bySignature = groupBySignature(info);
  const rows = base.flatMap((row) => (isInfo(row) ? [row] : enrich(evaluation, node, row, bySignature)));
  return evaluation.isSingle ? refuseEqual(rows) : joinEqual(evaluation, rows);
}

function refuseEqual(rows: Row[]): Row[] {
  if (new Set(rows.map(({ labels }) => labels.key)).size < rows.length) failDuplicate();
  return rows;
}

/** The info series with an instance and job that occur, or without the one that their series have not; their values are the times of their samples. */
function relevantInfo(evaluation: Evaluation, node: InfoNode, base: Row[]): Row[] {
  /** By which of the identifying labels a series has: their values. */
  const occurring = new Map<string, Map<string, Set<string>>>();
  for (const { labels } of base) {
    const own = labels.keep(identifying);
    if (own.names.length === 0) continue;
    const which = own.names.join();
    const values = occurring.get(which) ?? new Map(own.names.map((name) => [name, new Set<string>()]));
    occurring.set(which, values);
    for (const [name, value] of own.entries()) values.get(name)!.add(value);
  }
  if (occurring.size === 0) return [];
  const selector = { ...node, kind: 'instant' as const, matchers: [], smoothed: false };
  return evaluateInstant(evaluation, selector, 'time').filter(({ labels }) => {
    const own = labels.keep(identifying);
    const values = occurring.get(own.names.join());
    return values !== undefined && own.names.every((name) => values.get(name)!.has(labels.get(name)));
  });
}

/** By the identifying labels, then by the info metric's name. */
function groupBySignature(info: Row[]): Map<string, Map<string, Row[]>> {
  const groups = new Map<string, Map<string, Row[]>>();
  for (const row of info) {
    const signature = row.labels.keep(identifying).key;
    const byName = groups.get(signature) ?? new Map<string, Row[]>();
    groups.set(signature, byName);
    const name = row.labels.get(metricName);
    byName.set(name, [...(byName.get(name) ?? []), row]);
  }
  return groups;
}

/** One row for each set of labels that it gets over the steps. */
function enrich(evaluation: Evaluation, node: InfoNode, row: Row, bySignature: Map<string, Map<string, Row[]>>): Row[] {
  const byName = bySignature.get(row.labels.keep(identifying).key);
  const mustMatch = [...node.dataMatchers.values()].flat().some((matcher) => !matcher.matches(''));
  const results = new Map<string, Row>();
  const merged = new Map<string, Labels>();
  for (let step = 0; step < evaluation.count; step++) {
    if (!isPresent(row, step)) continue;
    const found = [...(byName?.values() ?? [])].flatMap((rows) => newest(rows, step) ?? []);
    if (found.length === 0 && mustMatch) continue;
    const key = found.map(({ labels }) => labels.key).join('\ud802');
    let labels = merged.get(key);
    if (labels === undefined) merged.set(key, (labels = addLabels(node, row.labels, found)));
    const result = results.get(labels.key) ?? emptyRow(labels, evaluation.count, row.dropName);
    results.set(labels.key, result);
    result.values[step] = row.values[step]!;
    result.present![step] = 1;
  }
  return [...results.values()].map((result) => settled(result)!);
}

function newest(rows: Row[], step: number): Row | undefined {
  let best: Row | undefined;
  for (const row of rows) {
    if (!isPresent(row, step)) continue;
    if (best !== undefined && best.values[step] === row.values[step]) {
      const timeMs = row.values[step]!;
      const [existing, added] = [`${best.labels} @ ${timeMs}`, `${row.labels} @ ${timeMs}`];
      throw new QueryError(`found duplicate series for info metric: existing ${existing}, new ${added}`);
    }
    if (best === undefined || row.values[step]! > best.values[step]!) best = row;
  }
  return best;
}

/** Labels of the series itself stay as they are; info series must not contradict each other. */
function addLabels(node: InfoNode, base: Labels, found: Row[]): Labels {
  const added = new Map<string, string>();
  for (const { labels } of found) {
    for (const [name, value] of labels.entries()) {
      if (name === metricName || (node.dataMatchers.size > 0 && !node.dataMatchers.has(name))) continue;
      const known = added.get(name);
      if (known !== undefined && known !== value) throw new QueryError(`conflicting label: ${name}`);
      if (!base.has(name)) added.set(name, value);
    }
  }
  return Labels.from([...base.entries(), ...added]);
}
