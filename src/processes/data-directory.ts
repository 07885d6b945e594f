import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { requireFormat } from '../base/format-file.ts';

const format = 1;

/** Makes the directory, or checks that this build may use it. Throws Fault `newer-format`, having touched nothing. */
export function openDataDirectory(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  requireFormat(join(dataDir, 'VERSION'), format);
}
