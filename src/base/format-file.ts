import { readFileSync } from 'node:fs';
import { Fault } from './fault.ts';
import { writeFileDurably } from './files.ts';

/** What a directory says of its format, in a file of its own: written where it is missing. Throws Fault `newer-format` or `corrupt`, having touched nothing. */
export function requireFormat(path: string, format: number): void {
  let text: string;
  try {
    text = readFileSync(path, 'latin1').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    writeFileDurably(path, `${format}\n`);
    return;
  }
  if (!/^[1-9]\d*$/.test(text))
    throw new Fault('corrupt', `${path} holds ${JSON.stringify(text)}, not a format number`);
  if (Number(text) <= format) return;
  throw new Fault('newer-format', `${path} says format ${text}; this build reads up to ${format}`, {
    hint: 'start the newer version again, or give this one a directory of its own with --data-dir',
  });
}
