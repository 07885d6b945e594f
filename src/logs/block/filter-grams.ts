import type { Stretch } from '../../base/arena.ts';
import type { Encoder } from './encoder.ts';
import { filterBytes, filterBytesMax, followersOf, gramsMax, symbolOf } from './gram-filter.ts';
import type { Values } from './pack-columns.ts';
import { columnKinds, type FixedText } from './plan-columns.ts';

const SEEN_BYTES = 2 ** 20 / 8;

/** The filter of all fixed text and all values of text. Empty where it would not tell much. */
export function filterOf({ arena, grams }: Encoder, fixed: FixedText, columns: readonly Values[]): Stretch {
  const symbolsAt = arena.room(symbolOf.length);
  const followersAt = arena.room(followersOf.byteLength);
  const seenAt = arena.zeros(SEEN_BYTES);
  const gramsAt = arena.room(4 * (gramsMax + 1));
  const at = arena.zeros(filterBytesMax);
  arena.bytes(symbolsAt, symbolOf.length).set(symbolOf);
  arena.u32(followersAt, followersOf.length).set(followersOf);
  grams.set({ symbolsAt, followersAt, seenAt, gramsAt, gramCount: 0, gramsMax: gramsMax + 1 });
  grams.run.collectPieces(fixed.fixedAt, fixed.piecesAt, fixed.piecesEnd);
  for (const { kind, placesAt, different } of columns)
    if (kind === columnKinds.text) grams.run.collectPlaces(placesAt, different);
  const bytes = filterBytes(grams.get('gramCount'));
  if (bytes > 0) grams.run.write(at, bytes);
  return { at, bytes };
}
