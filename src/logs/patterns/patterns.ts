/** The door: patterns of lines. Words that vary are found, the rest is what lines of one kind have in common. */
import { generalised } from './generalise.ts';
import { count, type Kind, keepEqual } from './kind.ts';
import { patternLimits } from './limits.ts';
import { patternText } from './print.ts';
import { scan, wordsOf } from './scan.ts';

export { type Compared, compared } from './compare.ts';
export { patternLimits };

export interface MinedPattern {
  /** As LogQL's `|>` takes it. */
  pattern: string;
  lines: number;
  /** By level, then by time; times as they were given, ascending. */
  levels: { level: string; samples: [time: number, lines: number][] }[];
}

/** Mines lines. Invariant: no more kinds and counters are held than `patternLimits` allow; lines left out for that are `unmined`. */
export class PatternMiner {
  #kinds = new Map<string, Kind>();
  #counters = 0;
  unmined = 0;

  /** `time` is what it is counted under. */
  add(line: string, level: string, time: number): void {
    const { key, values } = scan(line);
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = { ...wordsOf(key), values, lines: 0, counts: new Map() };
      this.#kinds.set(key, kind);
    } else keepEqual(kind.values, values);
    kind.lines++;
    if (count(kind, level, time, 1)) this.#counters++;
    if (this.#kinds.size > patternLimits.kindsMax || this.#counters > patternLimits.countersMax) this.#shrink();
  }

  /** The most frequent ones first. */
  patterns(limit: number): MinedPattern[] {
    const texts = new Map<string, MinedPattern>();
    for (const kind of generalised([...this.#kinds.values()])) {
      const pattern = patternText(kind);
      const known = texts.get(pattern);
      const levels = [...kind.counts].map(([level, times]) => ({ level, samples: [...times] as [number, number][] }));
      if (known === undefined) texts.set(pattern, { pattern, lines: kind.lines, levels });
      else {
        known.lines += kind.lines;
        known.levels.push(...levels);
      }
    }
    const all = [...texts.values()].sort((a, b) => b.lines - a.lines || (a.pattern < b.pattern ? -1 : 1));
    return all.slice(0, limit).map((one) => ({ ...one, levels: summed(one.levels) }));
  }

  /** Generalises, and where that is not enough leaves the rarest out. */
  #shrink(): void {
    const kept = generalised([...this.#kinds.values()]).sort((a, b) => b.lines - a.lines);
    this.#kinds = new Map();
    this.#counters = 0;
    for (const kind of kept) {
      const counters = [...kind.counts.values()].reduce((sum, times) => sum + times.size, 0);
      const isRoom =
        this.#kinds.size < patternLimits.kindsMax / 2 && this.#counters + counters <= patternLimits.countersMax / 2;
      if (isRoom) {
        this.#kinds.set(keyOf(kind), kind);
        this.#counters += counters;
      } else this.unmined += kind.lines;
    }
  }
}

function keyOf({ words, between }: Kind): string {
  return words.reduce((text, word, at) => text + word + between[at + 1]!, between[0]!);
}

function summed(levels: MinedPattern['levels']): MinedPattern['levels'] {
  const counts: Kind['counts'] = new Map();
  for (const { level, samples } of levels) for (const [time, lines] of samples) count({ counts }, level, time, lines);
  return [...counts].map(([level, times]) => ({ level, samples: [...times].sort(([a], [b]) => a - b) }));
}
