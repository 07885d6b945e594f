import { compileLineTest } from '../regex/line-test.ts';
import type { LineFilterStage } from '../syntax/ast.ts';
import { compileIpFilter } from './ip-range.ts';
import type { Line } from './line.ts';
import { compilePatternFilter } from './pattern-filter.ts';
import type { StageRun } from './stage.ts';

/** A line filter, over the bytes of the line wherever it can. */
export function compileLineFilter({ op, terms }: LineFilterStage): StageRun {
  const tests = terms.map(({ text, isIp }) => compileTerm(op, text, isIp));
  const holdsOne = tests.length === 1 ? tests[0]! : (line: Line) => tests.some((test) => test(line));
  return op.startsWith('!') ? (line) => !holdsOne(line) : holdsOne;
}

function compileTerm(op: LineFilterStage['op'], text: string, isIp: boolean): StageRun {
  if (isIp) {
    const holds = compileIpFilter(text);
    return (line) => holds(line.text);
  }
  if (op === '|>' || op === '!>') {
    const matches = compilePatternFilter(text);
    return (line) => matches(line.bytes);
  }
  if (op === '|~' || op === '!~') {
    const test = compileLineTest(text);
    return (line) => test(line);
  }
  if (text === '') return () => true;
  const needle = Buffer.from(text);
  return (line) => line.bytes.includes(needle);
}
