import { messageOf } from '../../../base/fault.ts';
import { MemorySource } from '../memory-source.ts';
import { type EngineOptions, instantQuery, rangeQuery } from '../run/engine.ts';
import { NativeHistogramError } from '../run/query-error.ts';
import type { VectorSample } from '../run/result.ts';
import { allFeatures } from '../syntax/features.ts';
import { parse } from '../syntax/parse.ts';
import { print } from '../syntax/print.ts';
import { atVariants, type Variant } from './at-variants.ts';
import type { EvalCommand } from './commands.ts';
import { compareAnnotations, compareResult, compareVector } from './compare.ts';
import { parseScript } from './parse-script.ts';

export interface CaseOutcome {
  /** From 1. */
  line: number;
  query: string;
  status: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  detail: string;
}

export interface ScriptReport {
  outcomes: CaseOutcome[];
}

const MINUTE_MS = 60_000;
const everybody = { tenant: 'script', namespaces: '*' as const };
/** Everything that Prometheus's own tests switch on. */
const options: EngineOptions = { features: allFeatures };
/** Their values depend on the query's times, so that a range query gives another result than an instant one. */
const contextFunctions = /(?:start|end|range|step)\(\)/;

/** Runs a script in Prometheus's test format; a case is one `eval`. */
export async function runScript(script: string): Promise<ScriptReport> {
  const source = new MemorySource();
  const outcomes: CaseOutcome[] = [];
  for (const command of parseScript(script)) {
    if (command.kind === 'clear') source.clear();
    else if (command.kind === 'load') for (const { labels, samples } of command.series) source.append(labels, samples);
    else if (command.kind === 'wrong')
      outcomes.push({ line: command.line, query: '', status: 'failed', detail: command.detail });
    else outcomes.push(await runCase(command, source));
  }
  return { outcomes };
}

async function runCase(command: EvalCommand, source: MemorySource): Promise<CaseOutcome> {
  const { line, query } = command;
  if (command.rows.some(({ values }) => values.includes('histogram'))) {
    return { line, query, status: 'skipped', detail: 'native histograms' };
  }
  try {
    checkPrinting(query);
    if (command.stepMs > 0) await checkRange(command, source);
    else {
      await checkInstant(command, source, { query, timeMs: command.startMs });
      for (const variant of atVariants(query, command.startMs)) await checkInstant(command, source, variant);
    }
    return { line, query, status: 'passed', detail: '' };
  } catch (error) {
    if (error instanceof NativeHistogramError) return { line, query, status: 'skipped', detail: 'native histograms' };
    return { line, query, status: 'failed', detail: messageOf(error) };
  }
}

/** A query prints in a form that parses to what prints the same. */
function checkPrinting(query: string): void {
  const printed = print(parse(query, allFeatures));
  const again = print(parse(printed, allFeatures));
  if (again !== printed) throw new Error(`prints as ${printed}, and that as ${again}`);
}

/** Runs a query that may be expected to fail; undefined where it failed as expected. */
async function expectFailure<T>(command: EvalCommand, run: () => Promise<T>): Promise<T | undefined> {
  const failures = command.expectations.filter(({ kind }) => kind === 'fail');
  try {
    const result = await run();
    if (failures.length > 0) throw new Unfailed('expected an error but got none');
    return result;
  } catch (error) {
    if (failures.length === 0 || error instanceof Unfailed || error instanceof NativeHistogramError) throw error;
    const message = messageOf(error);
    const unmet = failures.find((failure) => !failure.matches(message));
    if (unmet !== undefined) throw new Error(`expected an error matching ${unmet.shown}, but got: ${message}`);
    return undefined;
  }
}

class Unfailed extends Error {}

async function checkRange(command: EvalCommand, source: MemorySource): Promise<void> {
  const { query, startMs, endMs, stepMs } = command;
  const request = { query, source, scope: everybody, startMs, endMs, stepMs };
  const result = await expectFailure(command, () => rangeQuery(request, options));
  if (result === undefined) return;
  compareAnnotations(command, result);
  compareResult(command, result.value);
}

async function checkInstant(command: EvalCommand, source: MemorySource, { query, timeMs }: Variant): Promise<void> {
  const request = { query, source, scope: everybody, timeMs };
  const result = await expectFailure(command, () => instantQuery(request, options));
  if (result === undefined) return;
  try {
    compareAnnotations(command, result);
    compareResult(command, result.value);
    if (command.range === undefined && command.text === undefined && !contextFunctions.test(query)) {
      await checkMiddleStep(command, source, { query, timeMs });
    }
  } catch (error) {
    throw query === command.query || error instanceof NativeHistogramError
      ? error
      : new Error(`${messageOf(error)} (as ${query})`);
  }
}

/** The same query as the middle step of a range query. */
async function checkMiddleStep(command: EvalCommand, source: MemorySource, { query, timeMs }: Variant): Promise<void> {
  const request = {
    query,
    source,
    scope: everybody,
    startMs: timeMs - MINUTE_MS,
    endMs: timeMs + MINUTE_MS,
    stepMs: MINUTE_MS,
  };
  const { value } = await rangeQuery(request, options);
  if (value.type !== 'matrix' || command.expectations.some(({ kind }) => kind === 'ordered')) return;
  const samples = value.series.flatMap(({ labels, timesMs, values }): VectorSample[] => {
    const at = timesMs.indexOf(timeMs);
    return at < 0 ? [] : [{ labels, timeMs, value: values[at]! }];
  });
  try {
    if (command.scalar !== undefined) compareResult(command, { type: 'scalar', timeMs, value: samples[0]!.value });
    else compareVector(command, samples);
  } catch (error) {
    throw new Error(`${messageOf(error)} (as a step of a range query)`);
  }
}
