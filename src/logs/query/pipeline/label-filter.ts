import { messageOf } from '../../../base/fault.ts';
import { goFloatError, parseGoFloat } from '../../../base/go-float.ts';
import { compileMatcher } from '../labels/matcher.ts';
import type { ComparisonOp, LabelFilter } from '../syntax/ast.ts';
import { compare } from '../syntax/binary-ops.ts';
import { parseByteCount } from '../text/byte-counts.ts';
import { parseGoDuration } from '../text/durations.ts';
import { compileIpFilter } from './ip-range.ts';
import type { Line } from './line.ts';
import { errorLabel } from './line-labels.ts';
import type { StageRun } from './stage.ts';

export function compileLabelFilter(filter: LabelFilter): StageRun {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return compileBoth(filter.kind, compileLabelFilter(filter.left), compileLabelFilter(filter.right));
    case 'matcher': {
      const matches = compileMatcher(filter);
      const { name } = filter;
      if (name === errorLabel) return ({ labels }) => matches(labels.error);
      return ({ labels }) => matches(labels.get(name) ?? '');
    }
    case 'number':
      return compileCompared(filter, parseNumber);
    case 'duration':
      return compileCompared(filter, parseGoDuration);
    case 'bytes':
      return compileCompared(filter, parseByteCount);
    case 'ip':
      return compileIp(filter.name, filter.op === '=', filter.value);
  }
}

/** Both sides of an `and` are run whatever the first says: the second may leave an error. */
function compileBoth(kind: 'and' | 'or', left: StageRun, right: StageRun): StageRun {
  if (kind === 'or') return (line) => left(line) || right(line);
  return (line) => {
    const isLeft = left(line);
    return right(line) && isLeft;
  };
}

/** A missing label never matches; one that cannot be converted leaves an error and lets the line pass. */
function compileCompared(
  { name, op, value }: { name: string; op: ComparisonOp; value: number },
  convert: (text: string) => number,
): StageRun {
  return ({ labels }: Line) => {
    const text = labels.get(name);
    if (text === undefined) return false;
    let number: number;
    try {
      number = convert(text);
    } catch (error) {
      if (labels.error === '') labels.fail('LabelFilterErr', messageOf(error));
      return true;
    }
    return compare(op, number, value);
  };
}

function parseNumber(text: string): number {
  const value = parseGoFloat(text);
  if (value === undefined) throw new Error(goFloatError(text));
  return value;
}

function compileIp(name: string, wantsMatch: boolean, pattern: string): StageRun {
  const matches = compileIpFilter(pattern);
  return ({ labels }) => {
    if (labels.error !== '') return true;
    const text = labels.get(name);
    return text !== undefined && matches(text) === wantsMatch;
  };
}
