/** Numbers of bytes as github.com/dustin/go-humanize reads them: `1.5KB` (of 1000), `10KiB` (of 1024), letters in any case, `B` may be missing. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ...['k', 'm', 'g', 't', 'p', 'e'].flatMap((letter, at): [string, number][] => [
    [letter, 1000 ** (at + 1)],
    [`${letter}b`, 1000 ** (at + 1)],
    [`${letter}i`, 1024 ** (at + 1)],
    [`${letter}ib`, 1024 ** (at + 1)],
  ]),
]);
const bytesMax = 2 ** 64;

/** Throws an Error in the words of the Go library. */
export function parseByteCount(text: string): number {
  const [, digits = '', rest = ''] = /^([\d.,]*)([\s\S]*)$/.exec(text)!;
  const number = digits.replaceAll(',', '');
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(number)) {
    throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(number)}: invalid syntax`);
  }
  const unit = UNITS.get(rest.trim().toLowerCase());
  if (unit === undefined) throw new Error(`unhandled size name: ${rest.trim().toLowerCase()}`);
  const bytes = Number(number) * unit;
  if (bytes >= bytesMax) throw new Error(`too large: ${text}`);
  return Math.trunc(bytes);
}

/** The shortest text that reads back to exactly this number in a query. */
export function formatByteCount(bytes: number): string {
  const shortest = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
    .map((unit) => ({ unit, count: bytes / UNITS.get(unit.toLowerCase())! }))
    .filter(({ count }) => Number.isInteger(count))
    .map(({ unit, count }) => `${count}${unit}`)
    .filter((text) => !text.includes('e'));
  return shortest.reduce((best, text) => (text.length < best.length ? text : best), `${BigInt(bytes)}B`);
}
