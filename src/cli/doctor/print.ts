import type { Finding, Outcome } from './check.ts';

const marks: Record<Outcome, { sign: string; word: string; colour: number }> = {
  ok: { sign: '✓', word: 'ok  ', colour: 32 },
  warning: { sign: '!', word: 'warn', colour: 33 },
  broken: { sign: '✗', word: 'FAIL', colour: 31 },
  'not-checked': { sign: '-', word: 'skip', colour: 90 },
};

const titleWidth = 20;

export interface Look {
  /** A terminal gets signs, anything else words in ASCII. */
  signs: boolean;
  colour: boolean;
}

export function findingText({ outcome, title, says, details, fixes }: Finding, { signs, colour }: Look): string {
  const { sign, word, colour: number } = marks[outcome];
  const mark = signs ? sign : word;
  const shown = colour ? `\x1b[${number}m${mark}\x1b[0m` : mark;
  const indent = ' '.repeat(mark.length + 1);
  const what = outcome === 'not-checked' ? `not checked: ${says}` : says;
  const lines = [
    `${shown} ${printable(title).padEnd(titleWidth)} ${printable(what)}`,
    ...details.map((detail) => `${indent}  ${printable(detail)}`),
    ...fixes.map((fix, i) => `${indent}  ${i === 0 ? 'mend it: ' : '     or: '}${printable(fix)}`),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

export function summary(findings: readonly Finding[]): string {
  const count = (outcome: Outcome) => findings.filter((finding) => finding.outcome === outcome).length;
  const [broken, warnings, skipped] = [count('broken'), count('warning'), count('not-checked')];
  const first = findings.find(({ outcome }) => outcome === 'broken');
  const rest = [warnings > 0 ? `${warnings} to look at` : '', skipped > 0 ? `${skipped} not checked` : ''];
  const said = first
    ? `${broken} broken, first of all: ${first.title}`
    : skipped > 0
      ? 'nothing of what was checked is broken'
      : 'nothing is broken';
  return `\n${[said, ...rest].filter((part) => part !== '').join('; ')}\n`;
}

/** What a server says must not move the cursor. */
function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ');
}
