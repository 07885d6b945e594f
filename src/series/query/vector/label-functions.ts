import type { RE2JS } from 're2js';
import { isValidText } from '../../../base/go-quote.ts';
import { compilePattern, metricName } from '../labels/matcher.ts';
import type { CallNode } from '../plan/plan.ts';
import { joinEqual } from '../run/equal-labels.ts';
import { evaluateVector, stringOf } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { QueryError } from '../run/query-error.ts';
import type { Row } from '../run/row.ts';

/** Functions that look at labels only. */
export const labelFunctions: Record<string, (evaluation: Evaluation, call: CallNode) => Row[]> = {
  label_replace,
  label_join,
};

function label_replace(evaluation: Evaluation, call: CallNode): Row[] {
  const [destination, replacement, source, pattern] = call.args.slice(1).map(stringOf) as [
    string,
    string,
    string,
    string,
  ];
  const regex = anchored(pattern);
  requireLabel('destination', 'label_replace', destination);
  // Many series share a value: it is looked at once. Null where it does not match.
  const known = new Map<string, string | null>();
  const replaced = (value: string) => {
    const match = regex.matcher(value);
    return match.find() ? expand(replacement, match) : null;
  };
  const rows = evaluateVector(evaluation, call.args[0]!);
  // A label that nobody had makes no two of them equal.
  const { delayedNameRemoval } = evaluation.state.options;
  const isNew =
    !delayedNameRemoval && destination !== metricName && !rows.some(({ labels }) => labels.has(destination));
  const results = rows.map((row) => {
    const value = row.labels.get(source);
    let text = known.get(value);
    if (text === undefined) known.set(value, (text = replaced(value)));
    return text === null ? row : relabelled(row, destination, text);
  });
  return isNew ? results : joinEqual(evaluation, results);
}

function label_join(evaluation: Evaluation, call: CallNode): Row[] {
  const [destination, separator, ...sources] = call.args.slice(1).map(stringOf) as [string, string, ...string[]];
  for (const source of sources) requireLabel('source', 'label_join', source);
  requireLabel('destination', 'label_join', destination);
  const rows = evaluateVector(evaluation, call.args[0]!).map((row) => {
    return relabelled(row, destination, sources.map((source) => row.labels.get(source)).join(separator));
  });
  return joinEqual(evaluation, rows);
}

function anchored(pattern: string): RE2JS {
  try {
    return compilePattern(`^(?s:${pattern})$`);
  } catch {
    throw new QueryError(`invalid regular expression in label_replace(): ${pattern}`);
  }
}

function requireLabel(what: string, fn: string, name: string): void {
  if (name === '' || !isValidText(name)) throw new QueryError(`invalid ${what} label name in ${fn}(): ${name}`);
}

/** A metric name that is written anew is no longer to be dropped. */
function relabelled(row: Row, name: string, value: string): Row {
  return { ...row, labels: row.labels.with(name, value), dropName: name === metricName ? false : row.dropName };
}

type Match = ReturnType<RE2JS['matcher']>;

/** `$1`, `${1}`, `$name` and `$$`; a group that does not exist or took no part is empty, and the longest name counts. */
function expand(template: string, match: Match): string {
  return template.replace(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_, dollar?: string, plain?: string, braced?: string) => {
    return dollar ?? group(match, (plain ?? braced)!);
  });
}

function group(match: Match, name: string): string {
  if (/^\d+$/.test(name)) return Number(name) <= match.groupCount() ? (match.group(Number(name)) ?? '') : '';
  return Object.hasOwn(match.getNamedGroups(), name) ? (match.group(name) ?? '') : '';
}
