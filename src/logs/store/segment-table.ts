import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Cover, SegmentName } from '../batch/batch.ts';
import { Coverage } from './coverage.ts';
import type { Gap } from './store.ts';

/** So many gaps of one instance are kept; one that comes beyond is joined with the last. */
const gapsPerInstanceMax = 1000;

/** Coverage that is kept taken apart, besides what the transaction under way has changed. */
const cachedSegmentsMax = 4096;

interface Cached {
  instance: number;
  segment: SegmentName;
  coverage: Coverage;
  /** The row is older. */
  dirty: boolean;
}

/**
 * Segments of instances, what is covered of them, and gaps. Invariant: no gap of known place overlaps what is covered, unless what
 * covered it was damaged. Between transactions nothing in the cache is dirty.
 */
export class SegmentTable {
  readonly #cache = new Map<string, Cached>();
  readonly #dirty = new Set<Cached>();
  readonly #get: StatementSync;
  readonly #set: StatementSync;
  readonly #touch: StatementSync;
  readonly #list: StatementSync;
  readonly #remove: StatementSync;
  readonly #gaps: StatementSync;
  readonly #addGap: StatementSync;
  readonly #removeGaps: StatementSync;

  constructor(database: DatabaseSync) {
    this.#get = database.prepare('SELECT coverage FROM segments WHERE instance = ? AND name = ?');
    this.#set = database.prepare(`INSERT INTO segments (instance, name, coverage) VALUES (?, ?, ?)
      ON CONFLICT (instance, name) DO UPDATE SET coverage = excluded.coverage`);
    this.#touch = database.prepare(
      `INSERT INTO segments (instance, name, coverage) VALUES (?, ?, '[]') ON CONFLICT (instance, name) DO NOTHING`,
    );
    this.#list = database.prepare('SELECT name, coverage FROM segments WHERE instance = ? ORDER BY name');
    this.#remove = database.prepare('DELETE FROM segments WHERE instance = ?');
    this.#gaps = database.prepare(`SELECT segment, "from", "to", after, before, reason, noticed_at FROM gaps
      WHERE instance = ? ORDER BY coalesce(segment, before, after), "from", rowid`);
    this.#addGap =
      database.prepare(`INSERT INTO gaps (instance, segment, "from", "to", after, before, reason, noticed_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#removeGaps = database.prepare('DELETE FROM gaps WHERE instance = ?');
  }

  /** Undefined where the instance has no such segment. The caller does not change it. */
  coverage(instance: number, segment: SegmentName): Coverage | undefined {
    const key = `${instance}/${segment}`;
    const cached = this.#cache.get(key);
    if (cached) return cached.coverage;
    const row = this.#get.get(instance, segment) as { coverage: string } | undefined;
    if (!row) return undefined;
    const coverage = Coverage.parse(row.coverage);
    this.#remember(key, { instance, segment, coverage, dirty: false });
    return coverage;
  }

  setCoverage(instance: number, segment: SegmentName, coverage: Coverage): void {
    this.#remember(`${instance}/${segment}`, { instance, segment, coverage, dirty: true });
  }

  /** Writes what has changed; at the end of each transaction. */
  flush(): void {
    for (const cached of this.#dirty) {
      this.#set.run(cached.instance, cached.segment, cached.coverage.format());
      cached.dirty = false;
    }
    this.#dirty.clear();
  }

  /** After a transaction was rolled back. */
  discard(): void {
    this.#cache.clear();
    this.#dirty.clear();
  }

  restore(instance: number, segment: SegmentName, coverage: string): void {
    this.#settle();
    this.#set.run(instance, segment, coverage);
  }

  /** Makes the segment known without covering anything. */
  know(instance: number, segment: SegmentName): void {
    this.#settle();
    this.#touch.run(instance, segment);
  }

  list(instance: number): { name: SegmentName; coverage: string }[] {
    this.flush();
    return this.#list.all(instance) as { name: string; coverage: string }[];
  }

  /** Whether none of the covers is held, not even in part. */
  isNew(instance: number, covers: readonly Cover[]): boolean {
    return covers.every((cover) => (this.coverage(instance, cover.segment)?.verdict(cover) ?? 'new') === 'new');
  }

  /** The covers must be new. Gaps that they fill are revoked as far as they are filled. */
  cover(instance: number, covers: readonly Cover[]): void {
    for (const segment of new Set(covers.map((cover) => cover.segment))) {
      const coverage = this.coverage(instance, segment) ?? Coverage.empty();
      const added = Coverage.empty();
      for (const cover of covers) {
        if (cover.segment !== segment) continue;
        coverage.add(cover);
        added.add(cover);
      }
      this.setCoverage(instance, segment, coverage);
      const gaps = this.gaps(instance);
      if (gaps.length === 0) continue;
      // What was damaged had been covered; only what comes after that fills it.
      const remaining = gaps.flatMap((gap) => filled(gap, segment, gap.reason === 'damaged' ? added : coverage));
      this.replaceGaps(instance, remaining);
    }
  }

  gaps(instance: number): Gap[] {
    return this.#gaps.all(instance).map((row) => ({
      segment: row.segment as string | null,
      from: row.from as number,
      to: row.to as number | null,
      after: row.after as string | null,
      before: row.before as string | null,
      reason: row.reason as Gap['reason'],
      noticedAt: row.noticed_at as string,
    }));
  }

  replaceGaps(instance: number, gaps: readonly Gap[]): void {
    this.#removeGaps.run(instance);
    for (const gap of gaps) {
      const values: SQLInputValue[] = [gap.segment, gap.from, gap.to, gap.after, gap.before, gap.reason, gap.noticedAt];
      this.#addGap.run(instance, ...values);
    }
  }

  /** Notes a gap, less what is covered; what was noted of the same place before is replaced. */
  assertGap(instance: number, fact: Gap): void {
    const { segment, from, to, after, before, reason, noticedAt } = fact;
    const gap: Gap = { segment, from, to, after, before, reason, noticedAt };
    const others = this.gaps(instance).filter((other) => !replaces(gap, other));
    const coverage = segment === null || reason === 'damaged' ? undefined : this.coverage(instance, segment);
    const parts = coverage ? filled(gap, segment!, coverage) : [gap];
    const gaps = [...others, ...parts];
    if (gaps.length > gapsPerInstanceMax) {
      const joined = gaps.splice(gapsPerInstanceMax - 1);
      gaps.push({ ...joined[0]!, to: null, before: null });
    }
    this.replaceGaps(instance, gaps);
  }

  removeOfInstance(instance: number): void {
    this.#settle();
    this.#remove.run(instance);
    this.#removeGaps.run(instance);
  }

  /** Keeps the names, so that the files are recognised, and forgets what was covered. */
  clear(instance: number): void {
    for (const { name } of this.list(instance)) this.setCoverage(instance, name, Coverage.empty());
    this.#removeGaps.run(instance);
  }

  /** Gives all that `from` has to `to`. */
  move(from: number, to: number): void {
    for (const { name, coverage } of this.list(from)) {
      const known = this.coverage(to, name) ?? Coverage.empty();
      known.absorb(Coverage.parse(coverage));
      this.setCoverage(to, name, known);
    }
    for (const gap of this.gaps(from)) this.assertGap(to, gap);
    this.removeOfInstance(from);
  }

  /** Before rows are changed past the cache. */
  #settle(): void {
    this.flush();
    this.#cache.clear();
  }

  #remember(key: string, cached: Cached): void {
    const before = this.#cache.get(key);
    if (before) this.#dirty.delete(before);
    this.#cache.delete(key);
    this.#cache.set(key, cached);
    if (cached.dirty) this.#dirty.add(cached);
    if (this.#cache.size <= cachedSegmentsMax) return;
    for (const [oldest, { dirty }] of this.#cache) {
      if (!dirty) this.#cache.delete(oldest);
      if (this.#cache.size <= cachedSegmentsMax) return;
    }
  }
}

/** What remains of a gap when the segment is covered like this. */
function filled(gap: Gap, segment: SegmentName, coverage: Coverage): Gap[] {
  if (gap.segment === segment) return coverage.missing(gap.from, gap.to).map((range) => ({ ...gap, ...range }));
  if (gap.segment !== null || coverage.pieceCount === 0) return [gap];
  const inside = (gap.after === null || segment > gap.after) && (gap.before === null || segment < gap.before);
  if (!inside) return [gap];
  // A file that lay between two known ones has turned up. Where one side is open, what lies beyond it stays missing.
  if (gap.after !== null && gap.before !== null) return [];
  return gap.after === null ? [{ ...gap, before: segment }] : [{ ...gap, after: segment }];
}

/** Whether the newer statement speaks of all that the older one did. */
function replaces(newer: Gap, older: Gap): boolean {
  if (newer.segment !== older.segment) return false;
  if (newer.segment === null) return newer.after === older.after && newer.before === older.before;
  return newer.from <= older.from && (older.to === null || newer.to === null || older.to <= newer.to);
}
