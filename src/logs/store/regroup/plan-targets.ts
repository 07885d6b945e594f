import type { LabelRecord } from '../../batch/batch.ts';
import type { PushedBlockRow, PushedRunPlace } from '../pushed-rows.ts';

/** A block that lines are taken from, with its runs that are alive. */
export interface Source {
  block: PushedBlockRow;
  runs: readonly PushedRunPlace[];
}

/** A run on its way into a new block. */
export interface PlannedRun extends PushedRunPlace {
  /** Its source, by number. */
  source: number;
}

/** What becomes one block: runs of one stream lie together, by age. */
export type Target = PlannedRun[];

export interface Room {
  textBytesMax: number;
  linesMax: number;
  /** Each is a row that goes, and one that comes, in one transaction of the catalogue: it holds up everything else. */
  runsMax: number;
}

/**
 * Which runs become one block. A stream that has enough lines has blocks of its own; what has less shares one with its neighbours in `streams`,
 * whose order says which are alike. A stream is divided only where it is more than a block.
 */
export function planTargets(sources: readonly Source[], streams: readonly number[], room: Room): Target[] {
  const targets: Target[] = [];
  let open = new Filling();
  const runsOf = runsByStream(sources);
  for (const stream of streams) {
    for (const portion of portionsOf(runsOf.get(stream)!, room)) {
      if (!open.fits(portion, room)) {
        targets.push(open.runs);
        open = new Filling();
      }
      open.add(portion);
    }
  }
  if (open.runs.length > 0) targets.push(open.runs);
  return targets;
}

/** By age: the order of the sources, but for blocks that were made of others. */
function runsByStream(sources: readonly Source[]): Map<number, PlannedRun[]> {
  const streams = new Map<number, PlannedRun[]>();
  for (const [source, { runs }] of sources.entries()) {
    for (const run of runs) {
      const own = streams.get(run.stream);
      if (own) own.push({ ...run, source });
      else streams.set(run.stream, [{ ...run, source }]);
    }
  }
  for (const own of streams.values()) own.sort((a, b) => a.parts[0]!.sequence - b.parts[0]!.sequence);
  return streams;
}

/** About equal, none more than there is room for. */
function portionsOf(runs: readonly PlannedRun[], room: Room): Filling[] {
  const whole = new Filling();
  for (const run of runs) whole.take(run);
  const { textBytes, lineCount } = whole;
  const { textBytesMax, linesMax, runsMax } = room;
  const count = Math.ceil(Math.max(textBytes / textBytesMax, lineCount / linesMax, runs.length / runsMax));
  if (count <= 1) return [whole];
  const enough = { textBytes: textBytes / count, lineCount: lineCount / count };
  const portions: Filling[] = [];
  let portion = new Filling();
  for (const run of runs) {
    const isEnough = portion.textBytes >= enough.textBytes || portion.lineCount >= enough.lineCount;
    if (portion.runs.length > 0 && (isEnough || !portion.fitsRun(run, room))) {
      portions.push(portion);
      portion = new Filling();
    }
    portion.take(run);
  }
  return [...portions, portion];
}

class Filling {
  runs: PlannedRun[] = [];
  textBytes = 0;
  lineCount = 0;

  take(run: PlannedRun): void {
    this.runs.push(run);
    this.textBytes += run.textBytes;
    this.lineCount += run.lineCount;
  }

  add(other: Filling): void {
    for (const run of other.runs) this.take(run);
  }

  /** What is alone always does. */
  fits(other: Filling, room: Room): boolean {
    return this.runs.length === 0 || this.fitsRun(other, room, other.runs.length);
  }

  fitsRun({ textBytes, lineCount }: Pick<PlannedRun, 'textBytes' | 'lineCount'>, room: Room, runCount = 1): boolean {
    return (
      this.textBytes + textBytes <= room.textBytesMax &&
      this.lineCount + lineCount <= room.linesMax &&
      this.runs.length + runCount <= room.runsMax
    );
  }
}

/**
 * Streams by their labels, so that alike ones are neighbours: first by the labels that have the fewest different values, as a namespace or an
 * application has, last by those that tell one stream from all others.
 */
export function alikeTogether(streams: ReadonlyMap<number, LabelRecord>): number[] {
  const values = new Map<string, Set<string>>();
  for (const labels of streams.values()) {
    for (const name in labels) {
      const own = values.get(name);
      if (own) own.add(labels[name]!);
      else values.set(name, new Set([labels[name]!]));
    }
  }
  const names = [...values].sort(([a, as], [b, bs]) => as.size - bs.size || (a < b ? -1 : 1)).map(([name]) => name);
  const keyed = Array.from(streams, ([stream, labels]) => {
    return { stream, key: names.map((name) => labels[name] ?? '').join('\0') };
  });
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.stream - b.stream));
  return keyed.map(({ stream }) => stream);
}
