import { Fault } from '../../../base/fault.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { bitLength, packIntegers, unpackIntegers } from './packing.ts';

/** Integers of a column stay within this, so that no difference leaves what a double holds exactly and packing takes. */
export const integerMax = 2 ** 46;
/** Samples of one chunk; the scratch below has room for no more. */
export const chunkSamplesMax = 512;

/**
 * What is packed instead of the numbers themselves. Constant: nothing. Offset: the distance from the smallest. Step: the difference from
 * the one before, again from the smallest. Line: the distance from a straight line (a regular time with some jitter, an even counter).
 */
const CONSTANT = 0;
const OFFSET = 1;
const STEP = 2;
const LINE = 3;
/** The residuals are all the same: the numbers are exactly on the line, or all steps are equal. */
const EXACT = 0x10;

const residuals = new Float64Array(chunkSamplesMax);

interface Range {
  min: number;
  max: number;
}

/** Writes `count` integers of at most `integerMax`, either sign. `count` is at least 1 and not written. */
export function writeIntegers(out: ByteWriter, values: Float64Array, count: number): void {
  const first = values[0]!;
  const slope = count > 1 ? Math.round((values[count - 1]! - first) / (count - 1)) : 0;
  const ranges = measure(values, count, first, slope);
  if (ranges.offset.max === ranges.offset.min) {
    out.u8(CONSTANT);
    out.signed(first);
    return;
  }
  const mode = cheapest(ranges);
  const { min, max } = ranges[mode];
  const modeByte = mode === 'offset' ? OFFSET : mode === 'step' ? STEP : LINE;
  out.u8(min === max ? modeByte | EXACT : modeByte);
  if (mode !== 'offset') out.signed(first);
  if (mode === 'line') out.signed(slope);
  out.signed(min);
  if (min === max) return;
  const from = mode === 'step' ? 1 : 0;
  for (let i = from; i < count; i++) residuals[i - from] = residual(values, i, mode, first, slope) - min;
  packIntegers(out, residuals, count - from);
}

type Mode = 'offset' | 'step' | 'line';

function residual(values: Float64Array, i: number, mode: Mode, first: number, slope: number): number {
  if (mode === 'offset') return values[i]!;
  return mode === 'step' ? values[i]! - values[i - 1]! : values[i]! - first - slope * i;
}

function measure(values: Float64Array, count: number, first: number, slope: number): Record<Mode, Range> {
  let [minValue, maxValue, minLine, maxLine] = [first, first, 0, 0];
  let [minStep, maxStep] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let before = first;
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    if (value < minValue) minValue = value;
    if (value > maxValue) maxValue = value;
    const step = value - before;
    before = value;
    if (step < minStep) minStep = step;
    if (step > maxStep) maxStep = step;
    const fromLine = value - first - slope * i;
    if (fromLine < minLine) minLine = fromLine;
    if (fromLine > maxLine) maxLine = fromLine;
  }
  return {
    offset: { min: minValue, max: maxValue },
    step: { min: minStep, max: maxStep },
    line: { min: minLine, max: maxLine },
  };
}

function cheapest(ranges: Record<Mode, Range>): Mode {
  const bits = (mode: Mode) => bitLength(ranges[mode].max - ranges[mode].min);
  const [offset, step, line] = [bits('offset'), bits('step'), bits('line')];
  if (step < line && step < offset) return 'step';
  // On a tie steps adapt to where the numbers are in each group, and a line costs its slope.
  if (line < offset) return line === step ? 'step' : 'line';
  return offset <= step ? 'offset' : 'step';
}

export function readIntegers(input: ByteReader, target: Float64Array, offset: number, count: number): void {
  const head = input.u8();
  const mode = head & 0xf;
  if (mode === CONSTANT) {
    target.fill(input.signed(), offset, offset + count);
    return;
  }
  const first = mode === OFFSET ? 0 : input.signed();
  const slope = mode === LINE ? input.signed() : 0;
  const min = input.signed();
  const exact = (head & EXACT) !== 0;
  if (mode === OFFSET) {
    unpackIntegers(input, target, offset, count);
    for (let i = offset; i < offset + count; i++) target[i]! += min;
  } else if (mode === STEP) {
    readSteps(input, target, offset, count, { first, min, exact });
  } else if (mode === LINE) {
    if (exact) target.fill(0, offset, offset + count);
    else unpackIntegers(input, target, offset, count);
    for (let i = 0; i < count; i++) target[offset + i]! += first + slope * i + min;
  } else {
    throw new Fault('corrupt', `${mode} is no way of writing integers`);
  }
}

function readSteps(
  input: ByteReader,
  target: Float64Array,
  offset: number,
  count: number,
  { first, min, exact }: { first: number; min: number; exact: boolean },
): void {
  target[offset] = first;
  if (exact) {
    for (let i = 1; i < count; i++) target[offset + i] = first + min * i;
    return;
  }
  unpackIntegers(input, target, offset + 1, count - 1);
  const end = offset + count;
  let value = first;
  for (let i = offset + 1; i < end; i++) {
    value += target[i]! + min;
    target[i] = value;
  }
}
