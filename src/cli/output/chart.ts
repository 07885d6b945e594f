import { shortNumber } from './short-number.ts';

export interface ChartSeries {
  timesMs: readonly number[];
  /** As many; what is not a finite number is not drawn. */
  values: readonly number[];
}

export interface ChartOptions {
  startMs: number;
  endMs: number;
  /** Of everything, axes included. */
  width: number;
  height: number;
  colour: boolean;
}

/** Dots of a braille character, by column and row. */
const dots = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const colours = [36, 33, 35, 32, 34, 31, 96, 93];
const labelsApart = 4;

/** Lines over time with axes, drawn in braille dots; a gap between points that are further apart than three usual steps is left open. */
export function chart(all: readonly ChartSeries[], options: ChartOptions): string {
  const { min, max } = rangeOf(all);
  const labels = axisLabels(min, max, options.height);
  const margin = Math.max(...labels.map((label) => label.length)) + 2;
  const columns = Math.max(10, options.width - margin);
  const canvas = new Canvas(columns, options.height);
  const span = Math.max(1, options.endMs - options.startMs);
  const x = (timeMs: number) => Math.round(((timeMs - options.startMs) / span) * (columns * 2 - 1));
  const y = (value: number) => Math.round(((max - value) / (max - min)) * (options.height * 4 - 1));
  all.forEach(({ timesMs, values }, series) => {
    const stepMs = usualStep(timesMs);
    let before = -1;
    timesMs.forEach((timeMs, at) => {
      const value = values[at]!;
      if (!Number.isFinite(value)) return;
      const from = before >= 0 && timeMs - timesMs[before]! <= 3 * stepMs ? before : at;
      canvas.line(x(timesMs[from]!), y(values[from]!), x(timeMs), y(value), series);
      before = at;
    });
  });
  const rows = canvas.rows(options.colour).map((row, at) => `${labels[at]!.padStart(margin - 2)} ┤${row}`.trimEnd());
  return `${rows.join('\n')}\n${' '.repeat(margin - 1)}└${'─'.repeat(columns)}\n${timeAxis(options, margin, columns)}\n`;
}

/** The colour of the line, for the legend. */
export function inLineColour(series: number, text: string): string {
  return `\x1b[${colours[series % colours.length]}m${text}\x1b[0m`;
}

function rangeOf(all: readonly ChartSeries[]): { min: number; max: number } {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { values } of all) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  if (min > max) return { min: 0, max: 1 };
  // Zero is shown where it is near, so that a small change does not look like a large one.
  if (min > 0 && min < max * 0.5) min = 0;
  if (min === max)
    return min === 0 ? { min: 0, max: 1 } : { min: min - Math.abs(min) / 2, max: max + Math.abs(max) / 2 };
  return { min, max };
}

/** One for each row; most are empty. */
function axisLabels(min: number, max: number, height: number): string[] {
  const every = Math.max(1, Math.round((height - 1) / labelsApart));
  return Array.from({ length: height }, (_, row) => {
    if (row % every !== 0 && row !== height - 1) return '';
    if (row !== height - 1 && height - 1 - row < every) return '';
    return shortNumber(max - ((max - min) * row) / (height - 1));
  });
}

function timeAxis({ startMs, endMs }: ChartOptions, margin: number, columns: number): string {
  const isLong = endMs - startMs >= 24 * 3_600_000;
  const text = (timeMs: number) => {
    const iso = new Date(timeMs).toISOString();
    return isLong ? iso.slice(5, 16).replace('T', ' ') : iso.slice(11, 19);
  };
  const [first, middle, last] = [text(startMs), text((startMs + endMs) / 2), text(endMs)];
  const half = Math.max(1, Math.floor((columns - first.length - middle.length - last.length) / 2));
  return `${' '.repeat(margin)}${first}${' '.repeat(half)}${middle}${' '.repeat(half)}${last}`;
}

function usualStep(timesMs: readonly number[]): number {
  let step = Number.POSITIVE_INFINITY;
  for (let at = 1; at < timesMs.length; at++) step = Math.min(step, timesMs[at]! - timesMs[at - 1]!);
  return step;
}

/** Characters of two by four dots. Invariant: a character has the colour of the line that was drawn through it last. */
class Canvas {
  readonly #columns: number;
  readonly #height: number;
  readonly #cells: Uint8Array;
  readonly #series: Int16Array;

  constructor(columns: number, height: number) {
    this.#columns = columns;
    this.#height = height;
    this.#cells = new Uint8Array(columns * height);
    this.#series = new Int16Array(columns * height).fill(-1);
  }

  line(fromX: number, fromY: number, toX: number, toY: number, series: number): void {
    const steps = Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY), 1);
    for (let step = 0; step <= steps; step++) {
      const x = Math.round(fromX + ((toX - fromX) * step) / steps);
      const y = Math.round(fromY + ((toY - fromY) * step) / steps);
      this.#dot(x, y, series);
    }
  }

  rows(colour: boolean): string[] {
    return Array.from({ length: this.#height }, (_, row) => {
      let text = '';
      for (let column = 0; column < this.#columns; column++) {
        const at = row * this.#columns + column;
        const cell = this.#cells[at]!;
        const character = cell === 0 ? ' ' : String.fromCharCode(0x2800 + cell);
        text += colour && cell !== 0 ? inLineColour(this.#series[at]!, character) : character;
      }
      return text;
    });
  }

  #dot(x: number, y: number, series: number): void {
    if (x < 0 || y < 0 || x >= this.#columns * 2 || y >= this.#height * 4) return;
    const at = (y >> 2) * this.#columns + (x >> 1);
    this.#cells[at]! |= dots[x & 1]![y & 3]!;
    this.#series[at] = series;
  }
}
