import { RE2JS } from 're2js';
import type { MemoryLine } from '../memory-source.ts';
import type { LabelFilter, LogExpr, Matcher, RangeAggregation, Stage } from '../syntax/ast.ts';

/**
 * LogQL as plainly as it can be written: lines one by one, every window from the beginning, nothing shared with the engine but the tree
 * of the query. It knows the part of the language that random queries use.
 */
export interface PlainStream {
  labels: Record<string, string>;
  lines: MemoryLine[];
}

interface PlainLine {
  timeNs: bigint;
  line: string;
  labels: Record<string, string>;
}

export function plainLines(expr: LogExpr, streams: readonly PlainStream[]): PlainLine[] {
  return streams
    .filter(({ labels }) => expr.matchers.every((matcher) => plainMatch(matcher, labels[matcher.name] ?? '')))
    .flatMap(({ labels, lines }) =>
      lines.map(({ timeNs, line }) => ({ timeNs, line: String(line), labels: { ...labels } })),
    )
    .filter((line) => expr.stages.every((stage) => plainStage(stage, line)))
    .sort((a, b) => Number(a.timeNs - b.timeNs));
}

function plainMatch({ op, value }: Pick<Matcher, 'op' | 'value'>, text: string): boolean {
  if (op === '=') return text === value;
  if (op === '!=') return text !== value;
  return RE2JS.compile(value, RE2JS.DOTALL).matches(text) === (op === '=~');
}

function plainStage(stage: Stage, line: PlainLine): boolean {
  switch (stage.kind) {
    case 'line_filter': {
      const holds = stage.terms.some(({ text }) =>
        stage.op.endsWith('~') ? RE2JS.compile(text).matcher(line.line).find() : line.line.includes(text),
      );
      return holds !== stage.op.startsWith('!');
    }
    case 'json':
      addFields(line, Object.entries(parsedJson(line.line)));
      return true;
    case 'logfmt': {
      const pairs = [...line.line.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)];
      if (!line.line.startsWith('{'))
        addFields(
          line,
          pairs.map(([, name, quoted, plain]) => [name!, quoted ?? plain!]),
        );
      return true;
    }
    case 'label_filter':
      return plainFilter(stage.filter, line.labels);
    case 'drop':
      for (const { name } of stage.labels) delete line.labels[name];
      return true;
    case 'keep': {
      const kept = new Set(stage.labels.map(({ name }) => name));
      for (const name of Object.keys(line.labels)) if (!kept.has(name)) delete line.labels[name];
      return true;
    }
  }
  throw new Error(`the plain engine does not know ${stage.kind}`);
}

function parsedJson(text: string): object {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function addFields(line: PlainLine, fields: [string, unknown][]): void {
  const before = { ...line.labels };
  for (const [name, value] of fields) {
    const target = name === 'app' || name === 'env' ? `${name}_extracted` : name;
    if (!(target in before) && value !== '') line.labels[target] ??= String(value);
  }
}

function plainFilter(filter: LabelFilter, labels: Record<string, string>): boolean {
  if ('left' in filter) {
    const [left, right] = [plainFilter(filter.left, labels), plainFilter(filter.right, labels)];
    return filter.kind === 'and' ? left && right : left || right;
  }
  if (filter.kind === 'matcher') return plainMatch(filter, labels[filter.name] ?? '');
  const text = labels[filter.name];
  if (text === undefined || filter.kind !== 'number') return false;
  const [value, wanted] = [Number(text), filter.value];
  return {
    '==': value === wanted,
    '!=': value !== wanted,
    '>': value > wanted,
    '>=': value >= wanted,
    '<': value < wanted,
    '<=': value <= wanted,
  }[filter.op];
}

/** Values of one range function by series, at one time. */
export function plainWindow(
  expr: RangeAggregation,
  grouping: readonly string[] | undefined,
  streams: readonly PlainStream[],
  timeNs: bigint,
): Map<string, number> {
  const { log, unwrap, intervalNs, offsetNs } = expr.range;
  const end = timeNs - BigInt(offsetNs);
  const groups = new Map<string, { value: number; bytes: number }[]>();
  for (const { timeNs: at, line, labels } of plainLines(log, streams)) {
    if (at <= end - BigInt(intervalNs) || at > end) continue;
    const text = unwrap ? labels[unwrap.label] : '1';
    if (text === undefined) continue;
    const names = grouping ?? Object.keys(labels).filter((name) => name !== unwrap?.label);
    const key = JSON.stringify(
      names
        .filter((name) => name in labels)
        .sort()
        .map((name) => [name, labels[name]]),
    );
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push({ value: Number(text), bytes: Buffer.byteLength(line) });
  }
  return new Map([...groups].map(([key, samples]) => [key, plainValue(expr, samples)]));
}

function plainValue({ op, param, range }: RangeAggregation, samples: { value: number; bytes: number }[]): number {
  const values = samples.map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0);
  const mean = sum / values.length;
  const seconds = range.intervalNs / 1e9;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (param ?? 0) * (sorted.length - 1);
  const low = sorted[Math.floor(rank)]!;
  const high = sorted[Math.ceil(rank)]!;
  const bytes = samples.reduce((total, sample) => total + sample.bytes, 0);
  const results: Partial<Record<RangeAggregation['op'], number>> = {
    count_over_time: values.length,
    rate: sum / seconds,
    bytes_over_time: bytes,
    bytes_rate: bytes / seconds,
    sum_over_time: sum,
    avg_over_time: mean,
    min_over_time: Math.min(...values),
    max_over_time: Math.max(...values),
    stdvar_over_time: variance,
    stddev_over_time: Math.sqrt(variance),
    quantile_over_time: low + (high - low) * (rank - Math.floor(rank)),
    first_over_time: values[0]!,
    last_over_time: values.at(-1)!,
  };
  return results[op]!;
}
