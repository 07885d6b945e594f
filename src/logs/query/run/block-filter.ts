import { compileStage } from '../pipeline/compile-stages.ts';
import type { Line } from '../pipeline/line.ts';
import type { SourceBlock } from '../source.ts';
import type { Stage } from '../syntax/ast.ts';

/** The filters at the front of a pipeline, over a whole block. */
export interface BlockFilter {
  /** How many stages it stands for. */
  stageCount: number;
  /** Indexes of the lines that pass, in order. */
  choose(block: SourceBlock, line: Line, checkStop: () => void): Uint32Array;
}

export function createBlockFilter(stages: readonly Stage[]): BlockFilter {
  const front = stages.findIndex(({ kind }) => kind !== 'line_filter');
  const filters = stages.slice(0, front < 0 ? stages.length : front);
  const tests = filters.map((stage) => compileStage(stage, { names: null, preserveErrors: false }));
  return {
    stageCount: filters.length,
    choose({ starts, times }, line) {
      const chosen: number[] = [];
      for (let at = 0; at < times.length; at++) {
        line.reset(starts[at]!, starts[at + 1]! - 1);
        if (tests.every((test) => test(line))) chosen.push(at);
      }
      return Uint32Array.from(chosen);
    },
  };
}
