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

/**
 * Shows one frame after the other until the signal aborts: in place on a terminal, otherwise below each other, each under a line
 * with its time. `draw` gives the text of a frame, and may not throw.
 */
export async function refresh(draw: () => Promise<string>, refreshing: Refreshing): Promise<void> {
  const { output, screen, intervalMs, clock, signal } = refreshing;
  if (screen.isTTY) await output.write(hideCursor + clearScreen);
  try {
    while (!signal.aborted) {
      const text = await draw();
      if (signal.aborted) break;
      const time = new Date(clock.nowMs()).toISOString();
      await output.write(screen.isTTY ? frame(`${time.slice(11, 19)}Z\n${text}`, screen) : `# ${time}\n${text}`);
      await clock.sleep(intervalMs, signal).catch(() => {});
    }
  } finally {
    if (screen.isTTY) await output.write(showCursor).catch(() => {});
  }
}

/** Cut to the screen: a line that wraps would push the top out of sight, and every frame would begin somewhere else. */
export function frame(text: string, screen: Screen): string {
  // A terminal that does not know its size says 0.
  const rows = screen.rows || 24;
  const columns = screen.columns || 80;
  const lines = text.replace(/\n$/, '').split('\n');
  const room = Math.max(1, rows - 1);
  const shown = lines.length <= room ? lines : lines.slice(0, room - 1);
  if (shown.length < lines.length) shown.push(`... ${lines.length - shown.length} more lines`);
  const cut = shown.map((line) => [...line].slice(0, columns).join('').trimEnd());
  return `${toTop}${cut.map((line) => `${line}${clearLine}\n`).join('')}${clearBelow}`;
}
