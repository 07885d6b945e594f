import { messageOf } from '../../../base/fault.ts';
import { goFloatError, parseGoFloat } from '../../../base/go-float.ts';
import type { Unwrap } from '../syntax/ast.ts';
import { parseByteCount } from '../text/byte-counts.ts';
import { parseGoDuration } from '../text/durations.ts';
import { compileLabelFilter } from './label-filter.ts';
import type { Line } from './line.ts';

/** The number of a line's label; undefined where the line has none, or a filter leaves it out. A wrong number is 0 and an error. */
export function compileUnwrap({ label, conversion, filters }: Unwrap): (line: Line) => number | undefined {
  const convert = conversion === 'bytes' ? parseByteCount : conversion === undefined ? toNumber : toSeconds;
  const tests = filters.map(compileLabelFilter);
  return (line) => {
    const text = line.labels.get(label);
    if (text === undefined || text === '') return undefined;
    let value = 0;
    try {
      value = convert(text);
    } catch (error) {
      line.labels.fail('SampleExtractionErr', messageOf(error));
    }
    for (const test of tests) if (!test(line)) return undefined;
    return value;
  };
}

function toNumber(text: string): number {
  const value = parseGoFloat(text);
  if (value === undefined) throw new Error(goFloatError(text));
  return value;
}

function toSeconds(text: string): number {
  return parseGoDuration(text) / 1e9;
}
