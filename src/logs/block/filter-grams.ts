import type { Stretch } from '../../base/arena.ts';
import type { Encoder } from './encoder.ts';
import {
  filterBytes,
  filterBytesMax,
  followersOf,
  gramsMax,
  shortBytes,
  symbolOf,
  tellingShorts,
} from './gram-filter.ts';
import type { Values } from './pack-columns.ts';
import { columnKinds, type FixedText } from './plan-columns.ts';

/** Four words of each byte: its symbol; whether it is a small letter; the symbols that may follow it in a run. */
const symbols = Uint32Array.from({ length: 4 * 256 }, (_, at) => {
  const byte = at >> 2;
  return [symbolOf[byte]!, Number(byte >= 0x61 && byte <= 0x7a), followersOf[symbolOf[byte]!]!, 0][at & 3]!;
});

/** Of four symbols, with a small letter and without, a bit where the last three are none of a run. */
const noRuns = Uint32Array.from({ length: 2 ** 21 / 32 }, (_, word) =>
  word % 32 === 0 || (word >> 5) % 32 === 0 ? 0xffffffff : 1,
);

/** The filters of all fixed text and all values of text. That of runs of four is empty where it would not tell much. */
export function filterOf(
  { arena, grams }: Encoder,
  fixed: FixedText,
  columns: readonly Values[],
): { grams: Stretch; shorts: Stretch } {
  const symbolsAt = arena.room(symbols.byteLength);
  const seenAt = arena.room(noRuns.byteLength);
  const gramsAt = arena.room(4 * (gramsMax + 1));
  const shortsAt = arena.zeros(shortBytes);
  const at = arena.zeros(filterBytesMax);
  arena.u32(symbolsAt, symbols.length).set(symbols);
  arena.u32(seenAt, noRuns.length).set(noRuns);
  grams.set({ symbolsAt, seenAt, gramsAt, gramCount: 0, gramsMax: gramsMax + 1, shortsAt });
  grams.run.collectPieces(fixed.fixedAt, fixed.piecesAt, fixed.piecesEnd);
  for (const { kind, placesAt, different } of columns)
    if (kind === columnKinds.text) grams.run.collectPlaces(placesAt, different);
  const shorts = arena.u32(shortsAt, tellingShorts.length);
  for (let word = 0; word < shorts.length; word++) shorts[word]! &= tellingShorts[word]!;
  const bytes = filterBytes(grams.get('gramCount'));
  if (bytes > 0) grams.run.write(at, bytes);
  return { grams: { at, bytes }, shorts: { at: shortsAt, bytes: shortBytes } };
}
