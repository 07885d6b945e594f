import { compilePattern } from '../regex/compile-pattern.ts';
import type { StageRun } from './stage.ts';

/** ANSI sequences: CSI and OSC introducers, parameters, and a final letter or bell. */
const sequence =
  '[\\x{1B}\\x{9B}][[\\]()#;?]*(?:(?:(?:[a-zA-Z\\d]*(?:;[a-zA-Z\\d]*)*)?\\x{07})|(?:(?:\\d{1,4}(?:;\\d{0,4})*)?[\\dA-PRZcf-ntqry=><~]))';

/** `| decolorize`: takes ANSI sequences out of the line. */
export function compileDecolorize(): StageRun {
  const pattern = compilePattern(sequence);
  return (line) => {
    const { text } = line;
    if (text.includes('\u001b') || text.includes('\u009b')) line.replace(pattern.matcher(text).replaceAll(''));
    return true;
  };
}
