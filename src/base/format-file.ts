import { readFileSync } from 'node:fs';
import { Fault } from './fault.ts';
import { writeFileDurably } from './files.ts';

/**
 * What a directory says of its format, in a file of its own: written where it is missing. Throws Fault `newer-format`, having touched nothing,
 * with what can be done about it, or `corrupt`.
 */
export function requireFormat(path: string, format: number, hint?: string): void {
  let found: number;
  try {
    found = Number(readFileSync(path, 'utf8').trim());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    writeFileDurably(path, `${format}\n`);
    return;
  }
  if (!Number.isSafeInteger(found) || found < 1) throw new Fault('corrupt', `${path} does not hold a format number`);
  if (found <= format) return;
  const problem = `${path} says format ${found}; this build reads up to ${format}, and has left it untouched`;
  throw new Fault('newer-format', problem, hint === undefined ? {} : { hint });
}
