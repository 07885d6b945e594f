import { formatGeneral } from '../../../base/go-float.ts';
import { compareLabels } from '../labels/labels.ts';
import type { MatrixSeries, QueryResult, QueryValue, VectorSample } from '../run/result.ts';
import type { EvalCommand, Expectation } from './commands.ts';

/** Relative difference that is allowed between an expected and an actual value. */
const TOLERANCE = 0.000001;
const SMALLEST_NORMAL = 2 ** -1022;

/** What differs between a result and what is expected; throws an Error that says so. */
export function compareResult(command: EvalCommand, value: QueryValue): void {
  switch (value.type) {
    case 'scalar':
      if (command.scalar === undefined)
        fail(`expected vector or matrix result, but got scalar ${formatGeneral(value.value)}`);
      if (!isClose(command.scalar, value.value)) fail(`expected scalar ${command.scalar} but got ${value.value}`);
      return;
    case 'string':
      if (value.value !== (command.text ?? ''))
        fail(`expected string ${JSON.stringify(command.text)} but got ${JSON.stringify(value.value)}`);
      return;
    case 'vector':
      if (command.scalar !== undefined) fail('expected scalar result, but got a vector');
      compareVector(command, value.samples);
      return;
    case 'matrix':
      if (command.scalar !== undefined) fail('expected scalar result, but got a matrix');
      if (command.expectations.some(({ kind }) => kind === 'ordered'))
        fail('expected ordered result, but query returned a matrix');
      compareMatrix(command, value.series);
  }
}

function fail(message: string): never {
  throw new Error(message);
}

export function compareVector(command: EvalCommand, samples: VectorSample[]): void {
  const isOrdered = command.expectations.some(({ kind }) => kind === 'ordered');
  const expected = new Map(command.rows.map((row, position) => [row.labels.key, { ...row, position }]));
  samples.forEach(({ labels, value }, position) => {
    const row = expected.get(labels.key);
    if (row === undefined) fail(`unexpected metric ${labels} in result, has value ${value}`);
    if (isOrdered && row.position !== position) {
      fail(`expected metric ${labels} at position ${row.position + 1} but was at ${position + 1}`);
    }
    const wanted = row.values[0];
    if (typeof wanted !== 'number' || !isClose(wanted, value))
      fail(`expected ${wanted} for ${labels} but got ${value}`);
  });
  const seen = new Set(samples.map(({ labels }) => labels.key));
  for (const { labels, values } of command.rows) {
    if (!seen.has(labels.key)) fail(`expected metric ${labels} with ${values[0]} not found`);
  }
}

function compareMatrix(command: EvalCommand, series: MatrixSeries[]): void {
  const { startMs, stepMs } = command.range ?? command;
  const expected = new Map(command.rows.map((row) => [row.labels.key, row]));
  series.forEach((one, at) => {
    const { labels } = one;
    const next = series[at + 1];
    if (next !== undefined && compareLabels(labels, next.labels) > 0)
      fail('matrix results should always be sorted by labels');
    const row = expected.get(labels.key);
    if (row === undefined) fail(`unexpected metric ${labels} in result, has ${shown(one)}`);
    const wanted = row.values.flatMap((value, step) =>
      value === 'omitted' ? [] : [{ value, timeMs: startMs + step * stepMs }],
    );
    const got = [...one.values].map((value, point) => ({ value, timeMs: one.timesMs[point]! }));
    const differs =
      wanted.length !== got.length ||
      wanted.some(({ value, timeMs }, point) => {
        return typeof value !== 'number' || timeMs !== got[point]!.timeMs || !isClose(value, got[point]!.value);
      });
    if (differs)
      fail(
        `expected ${wanted.map(({ value, timeMs }) => `${value} @${timeMs}`).join(' ')} for ${labels}, but got ${shown(one)}`,
      );
  });
  const seen = new Set(series.map(({ labels }) => labels.key));
  for (const { labels } of command.rows) if (!seen.has(labels.key)) fail(`expected metric ${labels} not found`);
}

function shown({ values, timesMs }: MatrixSeries): string {
  return [...values].map((value, at) => `${value} @${timesMs[at]}`).join(' ') || 'no points';
}

/** Warnings and infos: all that are expected occur, and then no others of their level. */
export function compareAnnotations(command: EvalCommand, { warnings, infos }: QueryResult): void {
  compareLevel(command, 'warn', warnings);
  compareLevel(command, 'info', infos);
}

function compareLevel(command: EvalCommand, level: 'warn' | 'info', actual: string[]): void {
  const expected = command.expectations.filter(({ kind }) => kind === level);
  for (const expectation of expected) {
    if (!actual.some((text) => expectation.matches(text)))
      fail(`expected ${level} annotation: ${expectation.shown}; got ${list(actual)}`);
  }
  const isExpected = (text: string) => expected.some((expectation: Expectation) => expectation.matches(text));
  const unexpected = expected.length === 0 ? undefined : actual.find((text) => !isExpected(text));
  if (unexpected !== undefined) fail(`unexpected ${level} annotation: ${unexpected}`);
  const isRuledOut = command.expectations.some(({ kind }) => kind === `no_${level}`);
  if (isRuledOut && actual.length > 0) fail(`unexpected ${level} annotations: ${list(actual)}`);
}

function list(texts: string[]): string {
  return texts.length === 0 ? 'none' : texts.join('; ');
}

/** Equal but for a small relative difference; NaN equals NaN. */
export function isClose(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < SMALLEST_NORMAL) return difference < TOLERANCE * SMALLEST_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < TOLERANCE;
}
