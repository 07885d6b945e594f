import { type Kind, merged } from './kind.ts';
import { patternLimits } from './limits.ts';
import { VARIABLE } from './scan.ts';

/** Of the words that all have in one place, so many must stay for kinds to become one. */
const constantShareMin = 1 / 4;

/**
 * Makes one of kinds that differ in words which vary: at places with more different words than are kept apart. Kinds are split at the
 * place with the fewest different words, as long as there is one with few (after the partitioning of IPLoM, Makanju et al., KDD 2009);
 * what then differs, varies.
 */
export function generalised(kinds: readonly Kind[]): Kind[] {
  const groups = Map.groupBy(kinds, ({ between }) => between.join(VARIABLE));
  return [...groups.values()].flatMap((group) => joined(split(group)));
}

function split(kinds: readonly Kind[]): Kind[] {
  if (kinds.length <= patternLimits.wordsKeptMax) return [...kinds];
  const places = variedPlaces(kinds);
  if (places.length === 0) return [merged(kinds)];
  const fewest = places.reduce((best, place) => (place.words < best.words ? place : best));
  const length = kinds[0]!.words.length;
  const isVaried = fewest.words > patternLimits.wordsKeptMax;
  const keepsWords = length - places.length >= length * constantShareMin;
  // Where each line has words of its own, no place tells kinds apart.
  const tellsApart = fewest.words <= kinds.length / 2;
  if (isVaried && (keepsWords || !tellsApart)) return [merged(kinds)];
  return [...Map.groupBy(kinds, ({ words }) => words[fewest.at]!).values()].flatMap(split);
}

/** Places at which not all have the same word, and how many different ones. */
function variedPlaces(kinds: readonly Kind[]): { at: number; words: number }[] {
  const places = [];
  for (let at = 0; at < kinds[0]!.words.length; at++) {
    const words = new Set(kinds.map((kind) => kind.words[at]!));
    if (words.size > 1) places.push({ at, words: words.size });
  }
  return places;
}

/** Kinds that have become the same. */
function joined(kinds: readonly Kind[]): Kind[] {
  const same = Map.groupBy(kinds, ({ words }) => words.join(' '));
  return [...same.values()].map((group) => (group.length === 1 ? group[0]! : merged(group)));
}
