/*
 * Makes the filter of runs of four characters; gram-filter.ts says which these are, and reads it.
 * AssemblyScript; `sh scripts/wasm.sh` makes filter-grams-module.ts of it. All positions are addresses in the one memory.
 */

const GRAMS_MASK: u32 = (1 << 20) - 1;
/** Pairs of symbols in a run of four. */
const PAIRS_MASK: u32 = 7;
const DIGIT: u32 = 27;
const JOINER: u32 = 28;
const ALL_DIGITS: u32 = ((DIGIT * 32 + DIGIT) * 32 + DIGIT) * 32 + DIGIT;
const BIT_PRIME: u32 = 0x9e3779b1;

/** Of each byte, its symbol. */
export let symbolsAt: u32 = 0;
/** u32 of each symbol: a bit for each symbol that may follow it in a run. */
export let followersAt: u32 = 0;
/** A bit for each run, all zero at first: whether it was seen. */
export let seenAt: u32 = 0;
/** u32 of each run that was seen, and how many may be: beyond, no more are looked for. */
export let gramsAt: u32 = 0;
export let gramCount: u32 = 0;
export let gramsMax: u32 = 0;

/** Values lie at places: u32 from and u32 to each. */
export function collectPlaces(placesAt: u32, count: u32): void {
  const end = placesAt + (count << 3);
  for (let place = placesAt; place < end; place += 8) collect(load<u32>(place), load<u32>(place, 4));
}

/** Pieces of text one behind the other, with a length of each. */
export function collectPieces(textAt: u32, lengthsAt: u32, lengthsEnd: u32): void {
  let from = textAt;
  for (let at = lengthsAt; at < lengthsEnd; at += 4) {
    const to = from + load<u32>(at);
    collect(from, to);
    from = to;
  }
}

function collect(from: u32, to: u32): void {
  let gram: u32 = 0;
  /** A bit for each of the last pairs of symbols: whether they may stand beside each other in a run. */
  let together: u32 = 0;
  let followers: u32 = 0;
  const symbols = symbolsAt;
  const seen = seenAt;
  const followersOf = followersAt;
  for (let at = from; at < to; at++) {
    const symbol: u32 = load<u8>(symbols + <u32>load<u8>(at));
    gram = ((gram << 5) | symbol) & GRAMS_MASK;
    together = (together << 1) | ((followers >> symbol) & 1);
    followers = load<u32>(followersOf + (symbol << 2));
    const isSeen = (<u32>load<u8>(seen + (gram >> 3)) >> (gram & 7)) & 1;
    // One test, which hardly ever holds, is quicker than several that hold now and then.
    if ((~together & PAIRS_MASK | isSeen) == 0) take(gram);
  }
}

function take(gram: u32): void {
  if (gramCount >= gramsMax) return;
  const at = seenAt + (gram >> 3);
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(gram & 7)));
  // A joiner at an end belongs to no word for certain; numbers are everywhere.
  if ((gram & 31) >= JOINER || gram >> 15 >= JOINER || gram == ALL_DIGITS) return;
  store<u32>(gramsAt + (gramCount << 2), gram);
  gramCount++;
}

/** Sets the bits of the filter, of a power of two of bytes, all zero so far. */
export function write(out: u32, bytes: u32): void {
  for (let i: u32 = 0; i < gramCount; i++) {
    const gram = load<u32>(gramsAt + (i << 2));
    const bit = ((gram * BIT_PRIME) >> 8) & ((bytes << 3) - 1);
    const at = out + (bit >> 3);
    store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(bit & 7)));
  }
}
