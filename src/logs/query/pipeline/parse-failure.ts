import type { Line } from './line.ts';
import { preserveErrorLabel } from './line-labels.ts';
import type { Wanted } from './stage.ts';

/** The line stays, with what went wrong in its labels. */
export function failParsing(line: Line, code: string, details: string | undefined, wanted: Wanted): void {
  line.labels.fail(code, details);
  if (wanted.preserveErrors) line.labels.set(preserveErrorLabel, 'true');
}
