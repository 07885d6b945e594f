/*
 * Makes the filters of runs of four and of three characters; gram-filter.ts says which these are, and reads them.
 * AssemblyScript; `sh scripts/wasm.sh` makes filter-grams-module.ts of it. All positions are addresses in the one memory.
 */

/** Four symbols of five bits; 32 bits above each of the latest three, whether it is a small letter. */
const RUN_MASK: u64 = (1 << 20) - 1 | (1 << 32) | (1 << 37) | (1 << 42);
const GRAMS_MASK: u32 = (1 << 20) - 1;
const THREE_MASK: u32 = (1 << 15) - 1;
const DIGIT: u32 = 27;
const JOINER: u32 = 28;
const ALL_DIGITS: u32 = ((DIGIT * 32 + DIGIT) * 32 + DIGIT) * 32 + DIGIT;
const BIT_PRIME: u32 = 0x9e3779b1;

/** 16 bytes of each byte: u64 its symbol, and bit 32 of a small letter; u32 a bit for each symbol that may follow it in a run. */
export let symbolsAt: u32 = 0;
/**
 * A bit for each four symbols: whether they were seen; then the same again for those with a small letter among the last three. Before a
 * run of three is symbol 0. At first, those are set that end with less than a run of three.
 */
export let seenAt: u32 = 0;
/** u32 of each run of four that was seen, and how many may be: beyond, no more are looked for. */
export let gramsAt: u32 = 0;
export let gramCount: u32 = 0;
export let gramsMax: u32 = 0;
/** A bit for each run of three, all zero at first: whether it was seen; then the same for those with a small letter. */
export let shortsAt: u32 = 0;

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
  let run: u64 = 0;
  let followers: u32 = 0;
  const symbols = symbolsAt;
  const seen = seenAt;
  for (let at = from; at < to; at++) {
    const entry = symbols + (<u32>load<u8>(at) << 4);
    const code = load<u64>(entry);
    // What may not stand behind the symbol before it begins a run.
    const isWithin = <u64>((followers >> <u32>code) & 1);
    run = ((run << 5) & RUN_MASK & (0 - isWithin)) | code;
    followers = load<u32>(entry, 8);
    const four = <u32>run | (<u32>(run >> 32 != 0) << 20);
    // One test, which hardly ever holds, is quicker than several that hold now and then.
    if (((<u32>load<u8>(seen + (four >> 3)) >> (four & 7)) & 1) == 0) take(four);
  }
}

function take(four: u32): void {
  setBit(seenAt, four);
  setBit(shortsAt, (four & THREE_MASK) | (four >> 20 << 15));
  const gram = four & GRAMS_MASK;
  const first = gram >> 15;
  // A joiner at an end belongs to no word for certain; numbers are everywhere.
  if (first == 0 || first >= JOINER || (gram & 31) >= JOINER || gram == ALL_DIGITS) return;
  if (gramCount >= gramsMax || hasBit(seenAt, four ^ (1 << 20))) return;
  store<u32>(gramsAt + (gramCount << 2), gram);
  gramCount++;
}

function hasBit(bits: u32, bit: u32): bool {
  return (load<u8>(bits + (bit >> 3)) & (<u8>1 << <u8>(bit & 7))) != 0;
}

function setBit(bits: u32, bit: u32): void {
  const at = bits + (bit >> 3);
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(bit & 7)));
}

/** Sets the bits of the filter, of a power of two of bytes, all zero so far. */
export function write(out: u32, bytes: u32): void {
  for (let i: u32 = 0; i < gramCount; i++) {
    const gram = load<u32>(gramsAt + (i << 2));
    const bit = ((gram * BIT_PRIME) >> 8) & ((bytes << 3) - 1);
    setBit(out, bit);
  }
}
