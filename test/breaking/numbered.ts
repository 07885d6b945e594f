/** Lines that can be told apart and known again: each begins with its number and the rest follows from the number. */

/** Longer than one CRI record. */
const LONG_BYTES = 20_000;

export function numberedLine(writer: string, number: number): string {
  const head = `${number} ${writer} `;
  if (number % 997 === 500) return head.padEnd(LONG_BYTES, `${number}.`);
  return head.padEnd(40 + ((number * 7919) % 160), '-=');
}

export interface Verdict {
  lines: number;
  missing: number;
  doubled: number;
  /** Lines that are not what was written, or not in their order. */
  wrong: number;
  /** The first thing that is not as it should be. */
  first: string | undefined;
}

/** Whether `said` is exactly the lines from 0 up to `count`, each once and in order. */
export function verify(said: Buffer, count: number, line: (number: number) => string, what: string): Verdict {
  const verdict: Verdict = { lines: 0, missing: 0, doubled: 0, wrong: 0, first: undefined };
  const note = (kind: 'missing' | 'doubled' | 'wrong', amount: number, text: string) => {
    verdict[kind] += amount;
    verdict.first ??= `${what}: ${text}`;
  };
  let next = 0;
  for (const text of linesOf(said)) {
    verdict.lines++;
    const number = Number.parseInt(text, 10);
    if (!(number >= 0 && number < count) || text !== line(number)) {
      note('wrong', 1, `line ${verdict.lines} is ${JSON.stringify(text.slice(0, 80))}`);
      continue;
    }
    if (number < next) note('doubled', 1, `number ${number} comes again, after ${next - 1}`);
    if (number > next) note('missing', number - next, `${number - next} numbers are missing from ${next} on`);
    next = Math.max(next, number + 1);
  }
  if (next < count) note('missing', count - next, `the last ${count - next} numbers are missing, from ${next} on`);
  return verdict;
}

export function sum(verdicts: readonly Verdict[]): Verdict {
  const total: Verdict = { lines: 0, missing: 0, doubled: 0, wrong: 0, first: undefined };
  for (const verdict of verdicts) {
    total.lines += verdict.lines;
    total.missing += verdict.missing;
    total.doubled += verdict.doubled;
    total.wrong += verdict.wrong;
    total.first ??= verdict.first;
  }
  return total;
}

function* linesOf(said: Buffer): Iterable<string> {
  for (let at = 0; at < said.length; ) {
    const end = said.indexOf(0x0a, at);
    yield said.toString('latin1', at, end < 0 ? said.length : end);
    at = end < 0 ? said.length : end + 1;
  }
}
