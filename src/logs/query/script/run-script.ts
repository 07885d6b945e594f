import { messageOf } from '../../../base/fault.ts';
import { MemorySource } from '../memory-source.ts';
import { createBlockRunner } from '../run/block-runner.ts';
import { type EngineOptions, instantQuery, rangeQuery } from '../run/engine.ts';
import type { QueryValue } from '../run/result.ts';
import type { LogSource } from '../source.ts';
import { parse } from '../syntax/parse.ts';
import { prettify } from '../syntax/prettify.ts';
import { print } from '../syntax/print.ts';
import type { EvalCommand } from './commands.ts';
import { compareResult } from './compare.ts';
import { parseScript } from './parse-script.ts';

export interface CaseOutcome {
  /** Of the script, from 1. */
  line: number;
  query: string;
  status: 'passed' | 'failed';
  /** Why it failed. */
  detail: string;
}

const everybody = { tenant: 'script', namespaces: '*' as const };
const options: EngineOptions = {};
/** Every case is run over blocks of these many lines: how lines are cut into blocks changes no answer. */
const blockSizes = [1000, 2, 1];

/** Runs a script of LogQL cases; `parseScript` explains the format. A case is one `eval`. */
export async function runScript(script: string): Promise<CaseOutcome[]> {
  let sources = newSources();
  const outcomes: CaseOutcome[] = [];
  for (const command of parseScript(script)) {
    if (command.kind === 'clear') sources = newSources();
    else if (command.kind === 'load') for (const source of sources) source.add(command.labels, command.lines);
    else if (command.kind === 'wrong')
      outcomes.push({ line: command.line, query: '', status: 'failed', detail: command.detail });
    else outcomes.push(await runCase(command, sources));
  }
  return outcomes;
}

function newSources(): MemorySource[] {
  return blockSizes.map((size) => new MemorySource(size));
}

async function runCase(command: EvalCommand, sources: readonly MemorySource[]): Promise<CaseOutcome> {
  const { line, query, failure } = command;
  try {
    for (const source of [...sources, asThread(sources[1]!)]) {
      const result = await answer(command, source);
      if (failure === undefined) compareResult(command, result);
      else throw new Error(`expected an error, but got ${result.type}`);
    }
    checkPrinting(query);
  } catch (error) {
    const message = messageOf(error);
    const isExpected = failure !== undefined && message.includes(failure) && !message.startsWith('expected an error');
    if (!isExpected) return { line, query, status: 'failed', detail: message };
  }
  return { line, query, status: 'passed', detail: '' };
}

async function answer(command: EvalCommand, source: LogSource): Promise<QueryValue> {
  const { query, startNs, endNs } = command;
  const common = { query, source, scope: everybody };
  if (command.what === 'lines') {
    const { limit, direction } = command;
    return (await rangeQuery({ ...common, startNs, endNs, stepNs: 0, limit, direction }, options)).value;
  }
  if (command.what === 'instant') return (await instantQuery({ ...common, timeNs: startNs }, options)).value;
  return (await rangeQuery({ ...common, startNs, endNs, stepNs: command.stepNs }, options)).value;
}

/** A source that runs blocks elsewhere: plans and results go through what a thread would do to them. */
function asThread(source: MemorySource): LogSource {
  return {
    select: (request) => source.select(request),
    async *scan(request, plan) {
      const runner = createBlockRunner(structuredClone(plan));
      for await (const block of source.select(request)) yield structuredClone(runner.run(block));
    },
  };
}

/** A query prints in a form that parses to what prints the same, also on several lines. */
function checkPrinting(query: string): void {
  const printed = print(parse(query));
  for (const text of [printed, prettify(parse(query))]) {
    const again = print(parse(text));
    if (again !== printed) throw new Error(`prints as ${printed}, and that as ${again}`);
  }
}
