import { Labels } from '../labels/labels.ts';
import type { QueryValue, StreamResult } from '../run/result.ts';
import type { EvalCommand, EvalLines, EvalMetric } from './commands.ts';

/** Relative difference that is allowed between an expected and an actual value. */
const TOLERANCE = 1e-9;

/** Throws an Error that says how an answer differs from what is expected. */
export function compareResult(command: EvalCommand, value: QueryValue): void {
  if (command.what === 'lines') compareLines(command, value);
  else compareMetric(command, value);
}

function compareLines({ rows, direction }: EvalLines, value: QueryValue): void {
  if (value.type !== 'streams') throw new Error(`expected lines, but got a ${value.type}`);
  const actual = inOrder(value.streams, direction).map(({ timeNs, labels, line }, at) => {
    const shown = rows[at]?.labels === null ? '{...}' : Labels.of(labels).toString();
    return `${timeNs / 1_000_000n}ms ${shown} ${line}`;
  });
  const expected = rows.map(({ timeNs, labels, text }) => {
    return `${timeNs / 1_000_000n}ms ${labels === null ? '{...}' : Labels.of(labels)} ${text}`;
  });
  sameRows(expected, actual);
}

/** Lines over all streams; those of one time are in the order of their labels. */
function inOrder(streams: readonly StreamResult[], direction: 'forward' | 'backward') {
  const sign = direction === 'forward' ? 1 : -1;
  return streams
    .flatMap(({ labels, entries }) => entries.map((entry) => ({ ...entry, labels })))
    .sort((a, b) => (a.timeNs < b.timeNs ? -sign : a.timeNs > b.timeNs ? sign : 0));
}

function sameRows(expected: readonly string[], actual: readonly string[]): void {
  if (expected.length === actual.length && expected.every((row, at) => row === actual[at])) return;
  throw new Error(
    `expected\n      ${expected.join('\n      ') || 'nothing'}\n    but got\n      ${actual.join('\n      ') || 'nothing'}`,
  );
}

interface Row {
  labels: string;
  values: (number | null)[];
}

function compareMetric(command: EvalMetric, value: QueryValue): void {
  if (command.scalar !== undefined) {
    if (value.type !== 'scalar' || !isClose(command.scalar, value.value)) {
      throw new Error(`expected ${command.scalar}, but got ${JSON.stringify(value)}`);
    }
    return;
  }
  const expected = command.rows.map(({ labels, values }): Row => ({ labels: Labels.of(labels).toString(), values }));
  const actual = actualRows(command, value);
  if (!command.isOrdered) for (const rows of [expected, actual]) rows.sort((a, b) => (a.labels < b.labels ? -1 : 1));
  const isSame =
    expected.length === actual.length &&
    expected.every(({ labels, values }, at) => labels === actual[at]!.labels && sameValues(values, actual[at]!.values));
  if (!isSame) sameRows(expected.map(shown), [...actual.map(shown), ...(expected.length === 0 ? [] : [''])]);
}

function actualRows(command: EvalMetric, value: QueryValue): Row[] {
  if (value.type === 'vector') {
    return value.samples.map((sample) => ({ labels: Labels.of(sample.labels).toString(), values: [sample.value] }));
  }
  if (value.type !== 'matrix') throw new Error(`expected rows, but got a ${value.type}`);
  const steps = Number((command.endNs - command.startNs) / BigInt(command.stepNs)) + 1;
  const times = Array.from(
    { length: steps },
    (_, step) => Number(command.startNs / 1_000_000n) + (step * command.stepNs) / 1e6,
  );
  return value.series.map(({ labels, timesMs, values }) => ({
    labels: Labels.of(labels).toString(),
    values: times.map((time) => (timesMs.includes(time) ? values[timesMs.indexOf(time)]! : null)),
  }));
}

function sameValues(expected: readonly (number | null)[], actual: readonly (number | null)[]): boolean {
  return expected.length === actual.length && expected.every((value, at) => isClose(value, actual[at]!));
}

function shown({ labels, values }: Row): string {
  return `${labels} ${values.map((value) => value ?? '_').join(' ')}`;
}

export function isClose(a: number | null, b: number | null): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  if (a === null || b === null) return false;
  return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}
