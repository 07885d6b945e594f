/**
 * How often bytes stand in log text, in thousandths, by a rough count; what is not named here is rare. A search that begins with a rare
 * byte stops less often.
 */
const FREQUENT: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ' ': 110,
    e: 65,
    '"': 60,
    t: 50,
    a: 48,
    o: 45,
    r: 45,
    i: 45,
    n: 45,
    s: 42,
    '1': 40,
    '0': 45,
    '2': 40,
    ':': 35,
    c: 30,
    l: 30,
    d: 30,
    '.': 28,
    p: 25,
    '-': 22,
    m: 20,
    u: 20,
    '/': 20,
    '3': 20,
    '4': 18,
    '5': 18,
    '6': 15,
    '7': 15,
    '8': 18,
    '9': 15,
    h: 15,
    ',': 20,
    '=': 15,
    f: 14,
    g: 14,
    b: 12,
    v: 12,
    w: 10,
    y: 8,
    k: 8,
    _: 8,
    T: 8,
  }),
);
/** What is sought first: short enough for the search that looks for one byte, and then at the next ones. */
const pieceBytesMax = 7;
const pieceBytesMin = 3;

/** Finds a needle in bytes from a place on: -1 where there is none. */
type NeedleFinder = (text: Buffer, from: number) => number;

/** Seeks a short piece of the needle that begins with its rarest byte, and then looks at what is around it. */
export function needleFinder(needle: Buffer): NeedleFinder {
  const skip = rarestOffset(needle);
  const piece = needle.subarray(skip, skip + pieceBytesMax);
  if (piece.length === needle.length) return (text, from) => text.indexOf(needle, from);
  return (text, from) => {
    for (let at = text.indexOf(piece, from + skip); at >= 0; at = text.indexOf(piece, at + 1)) {
      if (standsAt(text, needle, at - skip)) return at - skip;
    }
    return -1;
  };
}

function standsAt(text: Buffer, needle: Buffer, start: number): boolean {
  for (let at = 0; at < needle.length; at++) if (text[start + at] !== needle[at]) return false;
  return true;
}

function rarestOffset(needle: Buffer): number {
  let best = 0;
  for (let at = 1; at <= needle.length - pieceBytesMin; at++) {
    if (frequency(needle[at]!) < frequency(needle[best]!)) best = at;
  }
  return best;
}

function frequency(byte: number): number {
  return FREQUENT.get(String.fromCharCode(byte)) ?? 1;
}
