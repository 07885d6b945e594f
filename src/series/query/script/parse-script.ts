import { messageOf } from '../../../base/fault.ts';
import type { Command } from './commands.ts';
import { parseEval } from './parse-eval.ts';
import { parseLoad } from './parse-load.ts';

/** The lines of a script, trimmed, without comments; a command ends at an empty one. */
export class ScriptLines {
  readonly #lines: string[];
  #at = 0;

  constructor(script: string) {
    this.#lines = script.split('\n').map((line) => {
      const trimmed = line.trim();
      return trimmed.startsWith('#') ? '' : trimmed;
    });
  }

  /** Of the line that was taken last, from 1. */
  get number(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#lines.length;
  }

  take(): string {
    return this.#lines[this.#at++]!;
  }

  /** The next line of the command, if there is one. */
  takeWithin(): string | undefined {
    return this.isAtEnd || this.#lines[this.#at] === '' ? undefined : this.take();
  }
}

/** Reads Prometheus's test format. What cannot be read becomes a `wrong` command, and reading goes on behind it. */
export function parseScript(script: string): Command[] {
  const lines = new ScriptLines(script);
  const commands: Command[] = [];
  while (!lines.isAtEnd) {
    const line = lines.take();
    if (line === '') continue;
    const { number } = lines;
    try {
      commands.push(parseCommand(line, lines));
    } catch (error) {
      commands.push({ kind: 'wrong', line: number, detail: messageOf(error) });
      while (lines.takeWithin() !== undefined);
    }
  }
  return commands;
}

function parseCommand(line: string, lines: ScriptLines): Command {
  const word = line.split(/[\t ]+/, 1)[0]!.toLowerCase();
  if (word === 'clear') return { kind: 'clear' };
  if (word.startsWith('load')) return parseLoad(line, lines);
  if (word.startsWith('eval')) return parseEval(line, lines);
  throw new Error(`invalid command ${JSON.stringify(line)}, expected load, clear or eval`);
}
