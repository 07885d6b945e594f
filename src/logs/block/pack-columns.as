/*
 * Packs the values of columns as docs/formats/compact-text.md says.
 * AssemblyScript; `sh scripts/wasm.sh` makes pack-columns-module.ts of it. All positions are addresses in the one memory; up to 16 bytes
 * behind what is read may be read, and behind what is written be written.
 */

// --- numbers

export let least: f64 = 0;
export let greatest: f64 = 0;
/** The greatest difference from the number before, as zigzag. */
export let greatestDelta: f64 = 0;
/** Bits of all differences from the least number, and from the one before. */
export let plainBits: f64 = 0;
export let deltaBits: f64 = 0;

/** i64 each, none negative. */
export function measureNumbers(at: u32, count: u32): void {
  const end = at + (count << 3);
  let min: i64 = i64.MAX_VALUE;
  let max: i64 = 0;
  for (let each = at; each < end; each += 8) {
    const value = load<i64>(each);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  let most: u64 = 0;
  let plain: u64 = 0;
  let delta: u64 = 0;
  let before: i64 = 0;
  for (let each = at; each < end; each += 8) {
    const value = load<i64>(each);
    const difference = zigzag(value - before);
    before = value;
    // As long as the greatest one.
    most |= difference;
    delta += 64 - clz<u64>(difference);
    plain += 64 - clz<u64>(value - min);
  }
  least = <f64>min;
  greatest = <f64>max;
  greatestDelta = <f64>most;
  plainBits = <f64>plain;
  deltaBits = <f64>delta;
}

// @ts-ignore: decorator
@inline
function zigzag(difference: i64): u64 {
  return <u64>((difference << 1) ^ (difference >> 63));
}

/** Writes `width` bytes of each number, less `base` or as the difference from the one before: all low bytes first, then the next. */
export function packNumbers(at: u32, count: u32, isDelta: bool, base: f64, width: u32, out: u32): void {
  const less = <i64>base;
  let before: i64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const value = load<i64>(at + (i << 3));
    let rest = isDelta ? zigzag(value - before) : <u64>(value - less);
    before = value;
    for (let into = out + i, left = width; left > 0; left--, into += count) {
      store<u8>(into, <u8>rest);
      rest >>= 8;
    }
  }
}

// --- text

export let lengthMin: u32 = 0;
export let lengthMax: u32 = 0;
/** A byte for each byte: whether it occurs. */
export let bytesSeenAt: u32 = 0;

/** Values lie at places: u32 from and u32 to each. */
export function measureTexts(placesAt: u32, count: u32): void {
  const end = placesAt + (count << 3);
  let min: u32 = u32.MAX_VALUE;
  let max: u32 = 0;
  memory.fill(bytesSeenAt, 0, 256);
  for (let place = placesAt; place < end; place += 8) {
    const from = load<u32>(place);
    const to = load<u32>(place, 4);
    if (to - from < min) min = to - from;
    if (to - from > max) max = to - from;
    for (let at = from; at < to; at++) store<u8>(bytesSeenAt + <u32>load<u8>(at), 1);
  }
  lengthMin = count == 0 ? 0 : min;
  lengthMax = max;
}

/** Writes the length of each value in `width` bytes, then all bytes. With `idsAt` it is those values that the ids name. Returns where it ends. */
export function packTexts(placesAt: u32, idsAt: u32, count: u32, width: u32, out: u32): u32 {
  let into = out + count * width;
  for (let i: u32 = 0; i < count; i++) {
    const place = placesAt + ((idsAt == 0 ? i : load<u32>(idsAt + (i << 2))) << 3);
    const from = load<u32>(place);
    const bytes = load<u32>(place, 4) - from;
    // Nothing else is there yet but the lengths that follow.
    if (width == 1) store<u8>(out + i, <u8>bytes);
    else if (width == 2) store<u16>(out + (i << 1), <u16>bytes);
    else if (width == 4) store<u32>(out + (i << 2), bytes);
    for (let done: u32 = 0; done < bytes; done += 16) v128.store(into + done, v128.load(from + done));
    into += bytes;
  }
  return into;
}

/** How many of the ids are of a value that was not there before, or of the newest one again. */
export function countRecent(idsAt: u32, count: u32): u32 {
  let newest: i32 = -1;
  let recent: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const id = load<i32>(idsAt + (i << 2));
    if (id >= newest) recent++;
    if (id > newest) newest = id;
  }
  return recent;
}

/** Writes `width` bytes of each id: all low bytes first, then the next. Recent: 0 for a value that was not there before, else 1 for the newest, and so on. */
export function packIds(idsAt: u32, count: u32, width: u32, isRecent: bool, out: u32): void {
  let newest: i32 = -1;
  for (let i: u32 = 0; i < count; i++) {
    let code = load<i32>(idsAt + (i << 2));
    if (isRecent) {
      if (code > newest) {
        newest = code;
        code = 0;
      } else code = newest - code + 1;
    }
    for (let into = out + i, left = width; left > 0; left--, into += count) {
      store<u8>(into, <u8>code);
      code >>= 8;
    }
  }
}
