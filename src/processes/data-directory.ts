import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../base/fault.ts';
import { writeFileDurably } from '../base/files.ts';

const format = 1;

/** Makes the directory, or checks that this build may use it. Throws Fault `newer-format`, having touched nothing. */
export function openDataDirectory(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'VERSION');
  const found = readVersion(path);
  if (found === undefined) {
    writeFileDurably(path, `${format}\n`);
    return;
  }
  if (!Number.isSafeInteger(found) || found < 1) throw new Fault('corrupt', `${path} does not hold a format number`);
  if (found > format) {
    throw new Fault(
      'newer-format',
      `${dataDir} has format ${found}; this build reads up to ${format}, and has left it untouched`,
      {
        hint: 'use the newer version, or another --data-dir',
      },
    );
  }
}

function readVersion(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8').trim());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
