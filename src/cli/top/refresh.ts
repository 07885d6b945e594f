import type { Clock } from '../../base/clock.ts';
import type { Output } from '../output/stdout.ts';

export interface Screen {
  isTTY?: boolean;
  rows?: number;
  columns?: number;
}

export interface Refreshing {
  output: Output;
  screen: Screen;
  intervalMs: number;
  clock: Clock;
  signal: AbortSignal;
}

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const clearScreen = '\x1b[2J';
const toTop = '\x1b[H';
const clearLine = '\x1b[K';
const clearBelow = '\x1b[J';

/** What a frame is made of: a table, and what there is to say about it. */
export interface Drawn {
  text: string;
  told: string;
}

/**
 * Shows one frame after the other until the signal aborts: in place on a terminal, otherwise below each other, each under a line
 * with its time. `draw` may not throw.
 */
export async function refresh(draw: () => Promise<Drawn>, refreshing: Refreshing): Promise<void> {
  const { output, screen, intervalMs, clock, signal } = refreshing;
  if (screen.isTTY) await output.write(hideCursor + clearScreen);
  try {
    while (!signal.aborted) {
      const { text, told } = await draw();
      if (signal.aborted) break;
      const time = new Date(clock.nowMs()).toISOString();
      await output.write(
        screen.isTTY ? frame({ text: `${time.slice(11, 19)}Z\n${text}`, told }, screen) : `# ${time}\n${text}${told}`,
      );
      await clock.sleep(intervalMs, signal).catch(() => {});
    }
  } finally {
    if (screen.isTTY) await output.write(showCursor).catch(() => {});
  }
}

/**
 * Cut to the screen: a line of the table that wraps would push the top out of sight, and every frame would begin somewhere else. What is
 * told is wrapped, and stays in sight: it takes its lines, but no more than half of them, from the table.
 */
export function frame({ text, told }: Drawn, screen: Screen): string {
  // A terminal that does not know its size says 0.
  const rows = screen.rows || 24;
  const columns = screen.columns || 80;
  const room = Math.max(1, rows - 1);
  const notes = shortened(
    linesOf(told).flatMap((line) => wrapped(line, columns)),
    Math.floor(room / 2),
  );
  const lines = [...shortened(linesOf(text), room - notes.length), ...notes];
  const cut = lines.map((line) => [...line].slice(0, columns).join('').trimEnd());
  return `${toTop}${cut.map((line) => `${line}${clearLine}\n`).join('')}${clearBelow}`;
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Says how much is not shown. */
function shortened(lines: string[], linesMax: number): string[] {
  if (lines.length <= linesMax) return lines;
  const shown = lines.slice(0, Math.max(0, linesMax - 1));
  return linesMax === 0 ? shown : [...shown, `... ${lines.length - shown.length} more lines`];
}

/** At spaces; a word that is longer than a line is left as it is. */
function wrapped(line: string, columns: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current];
}
