import { Fault } from '../../../base/fault.ts';
import {
  type ExpositionOptions,
  type KnowingSink,
  type KnownSamples,
  KnownSeries,
  type LabelPair,
  type MalformedLine,
  type MetricType,
  readExposition,
  seriesLabels,
  UNKNOWN,
} from '../../../exposition/exposition.ts';
import { Labels } from '../../query/query.ts';
import { type Appended, metricTypes, type SeriesWriter } from '../../store/store.ts';
import { Columns } from './columns.ts';
import { MetadataOfTarget } from './metadata-of-target.ts';
import { createdGroup } from './metric-family.ts';
import { OwnSeries } from './own-series.ts';
import { BadPage, type SampleLabelRules, storedLabels } from './sample-labels.ts';
import { DROPPED, SeriesCache, UNRESOLVED } from './series-cache.ts';

export interface IngestRules extends SampleLabelRules {
  honorTimestamps: boolean;
  trackTimestampsStaleness: boolean;
  /** 0: none. */
  samplesMax: number;
}

/** Of one page. With a problem nothing of it is stored. */
export interface PageCounts {
  /** Samples on the page. */
  scraped: number;
  /** Those that relabelling left. */
  kept: number;
  /** Series that the target did not have before. */
  seriesAdded: number;
  /** A series twice on the page, without timestamps of its own. */
  duplicates: number;
  problem: string | undefined;
}

/** What became of one scrape's samples in the store. */
export interface Stored extends Appended {
  /** Series that the store took no more of, and why. */
  refusedSeries: number;
  refusal: string | null;
}

/** A line longer than this makes its page unreadable. */
const lineBytesMax = 1024 * 1024;
/** In `tracked`: a marker is due when the series vanishes; and the same of the page that is being read. */
const TRACKED = 1;
const TRACKED_NOW = 2;

/**
 * Turns the pages of one target into samples for the store.
 *
 * Invariant: between scrapes, `tracked` is TRACKED exactly for the series whose newest sample in the store is the last page's and
 * no staleness marker; the columns hold what was not committed yet.
 */
export class TargetSeries implements KnowingSink {
  /** Has the cache's entries: of all series that it has room for, as long as the target's pages are of one format. */
  readonly known: KnownSeries;
  readonly #store: SeriesWriter;
  readonly #tenant: string;
  readonly #target: readonly (readonly [string, string])[];
  readonly #rules: IngestRules;
  readonly #metadata: MetadataOfTarget;
  readonly #cache = new SeriesCache();
  readonly #columns = new Columns();
  readonly #groups = new Map<string, number>();
  /** Groups whose series is the `_created` one, by entry. */
  readonly #created = new Set<number>();
  readonly #own: OwnSeries;
  #format: ExpositionOptions['format'] = 'text';
  #scrape = 0;
  /** Series of the last page that could be read. */
  #live = 0;
  #page: Buffer = Buffer.alloc(0);
  #timeMs = 0;
  #type = 0;
  #unresolved: { entry: number; labels: Labels }[] = [];
  #counts: PageCounts = emptyCounts();
  #refusedSeries = 0;
  #refusal: string | null = null;

  constructor(
    store: SeriesWriter,
    tenant: string,
    target: readonly (readonly [string, string])[],
    rules: IngestRules,
    random: () => number,
  ) {
    this.known = new KnownSeries(random);
    this.#store = store;
    this.#tenant = tenant;
    this.#target = target;
    this.#rules = rules;
    this.#metadata = new MetadataOfTarget(store, tenant);
    this.#own = new OwnSeries(target);
  }

  /** Series that this target has in memory, the dropped ones too. */
  get size(): number {
    return this.#cache.size;
  }

  /** Reads a page that was scraped at `timeMs`; what it gives waits for `commit`. With a problem, all series become stale. */
  read(page: Buffer, format: ExpositionOptions['format'], timeMs: number): PageCounts {
    this.#begin(page, format, timeMs);
    try {
      readExposition(page, { format, lineBytesMax }, this);
      const { kept, problem } = this.#counts;
      const { samplesMax } = this.#rules;
      if (problem !== undefined) throw new BadPage(problem);
      if (samplesMax > 0 && kept > samplesMax)
        throw new BadPage(`sample_limit exceeded: the page has ${kept} samples, the limit is ${samplesMax}`);
      this.#resolve();
      this.#markVanished();
    } catch (error) {
      this.#columns.length = 0;
      this.#unresolved = [];
      this.markAllStale(timeMs);
      if (!(error instanceof BadPage || error instanceof Fault)) throw error;
      this.#counts.problem = error.message;
    }
    this.#page = Buffer.alloc(0);
    return this.#counts;
  }

  /** The target has failed or gone: every series that it had ends at `timeMs`. */
  markAllStale(timeMs: number): void {
    const { tracked, refs, size } = this.#cache;
    for (let entry = 0; entry < size; entry++) {
      if ((tracked[entry]! & TRACKED) !== 0 && refs[entry]! > 0) this.#columns.pushMarker(entry, refs[entry]!, timeMs);
      tracked[entry] = 0;
    }
  }

  /** What the scraper itself says of the target: `up` and its like. A missing value is a staleness marker. */
  report(samples: Readonly<Record<string, number | undefined>>, timeMs: number): void {
    const { entries, labels } = this.#own.unresolved(Object.keys(samples));
    if (labels.length > 0) this.#own.resolve(entries, this.#refsOf(labels));
    for (const [name, value] of Object.entries(samples)) {
      const entry = this.#own.entryOf(name);
      const ref = this.#own.refOf(entry);
      if (ref === UNRESOLVED) continue;
      if (value === undefined) this.#columns.pushMarker(entry, ref, timeMs);
      else this.#columns.push(entry, ref, timeMs, value);
    }
  }

  /** Hands everything to the store. Rejects as the store does; then nothing of it is stored and nothing is kept. */
  async commit(): Promise<Stored> {
    const columns = this.#columns;
    const refused = { refusedSeries: this.#refusedSeries, refusal: this.#refusal };
    this.#refusedSeries = 0;
    this.#refusal = null;
    try {
      const appended = await this.#store.append(this.#tenant, columns);
      if (appended.unknownRefs.length === 0) return { ...appended, ...refused };
      const again = await this.#appendForgotten(appended.unknownRefs);
      return { ...sum(appended, again), ...refused };
    } finally {
      columns.length = 0;
      if (this.#cache.sweep(this.#scrape, this.#live)) this.#renumbered();
    }
  }

  knownSamples(count: number, { entries, values, timestampsMs }: KnownSamples): void {
    this.#counts.scraped += count;
    for (let at = 0; at < count; at++) this.#take(entries[at]!, values[at]!, timestampsMs[at]!);
  }

  sample(start: number, end: number, value: number, timestampMs: number): void {
    this.#counts.scraped++;
    let entry = this.known.find(this.#page, start, end);
    if (entry === UNKNOWN) {
      entry = this.#cache.find(this.#page, start, end);
      if (entry < 0) entry = this.#addSeries(start, end);
      this.known.put(entry);
    }
    this.#take(entry, value, timestampMs);
  }

  metadata(kind: 'type' | 'help' | 'unit', name: string, text: string): void {
    if (kind === 'type') this.#type = Math.max(0, metricTypes.indexOf(text as MetricType));
    this.#metadata.learn(kind, name, text);
  }

  malformed({ line, character, problem }: MalformedLine): boolean {
    this.#counts.problem = `line ${line}, character ${character}: ${problem}`;
    return false;
  }

  #take(entry: number, value: number, timestampMs: number): void {
    const counts = this.#counts;
    const cache = this.#cache;
    const ref = cache.refs[entry]!;
    if (ref === DROPPED) {
      cache.seen[entry] = this.#scrape;
      return;
    }
    counts.kept++;
    const ownTime = this.#rules.honorTimestamps && !Number.isNaN(timestampMs);
    if (cache.seen[entry] !== this.#scrape) {
      cache.seen[entry] = this.#scrape;
      if (ref === UNRESOLVED && this.#unresolved.at(-1)?.entry !== entry) this.#askAgain(entry);
    } else if (!ownTime) {
      counts.duplicates++;
      return;
    }
    if (!ownTime || this.#rules.trackTimestampsStaleness) cache.tracked[entry]! |= TRACKED_NOW;
    this.#columns.push(entry, ref, ownTime ? timestampMs : this.#timeMs, value);
    if (this.#created.size > 0 && this.#created.has(entry)) this.#setStart(entry, value);
  }

  #begin(page: Buffer, format: ExpositionOptions['format'], timeMs: number): void {
    if (format !== this.#format) this.known.clear();
    this.known.begin();
    this.#format = format;
    this.#scrape++;
    this.#page = page;
    this.#timeMs = timeMs;
    this.#type = 0;
    this.#counts = emptyCounts();
    this.#unresolved = [];
    this.#columns.length = 0;
    this.#live = this.#cache.size;
    this.#cache.rewind();
  }

  #addSeries(start: number, end: number): number {
    const type = metricTypes[this.#type]!;
    const pairs = seriesLabels(this.#page, start, end, type);
    const labels = storedLabels(pairs, this.#target, this.#rules);
    const entry = this.#cache.add(this.#page, start, end, labels ? UNRESOLVED : DROPPED);
    this.#cache.types[entry] = this.#type;
    if (!labels) return entry;
    this.#unresolved.push({ entry, labels });
    this.#counts.seriesAdded++;
    this.#group(entry, pairs, type);
    return entry;
  }

  #group(entry: number, pairs: readonly LabelPair[], type: MetricType): void {
    const created = createdGroup(pairs, type);
    if (!created) return;
    let group = this.#groups.get(created.group);
    if (group === undefined) this.#groups.set(created.group, (group = this.#groups.size));
    this.#cache.groups[entry] = group;
    if (created.isCreated) this.#created.add(entry);
  }

  /** The samples just before a `_created` line that are of the same metric began at its value. */
  #setStart(entry: number, seconds: number): void {
    const { groups } = this.#cache;
    const columns = this.#columns;
    for (let at = columns.length - 2; at >= 0 && groups[columns.entries[at]!] === groups[entry]; at--)
      columns.startTimestampsMs[at] = Math.trunc(seconds * 1000);
  }

  /** The store refused this series when it was new. */
  #askAgain(entry: number): void {
    const labels = this.#labelsAgain(entry);
    if (labels) this.#unresolved.push({ entry, labels });
  }

  #labelsAgain(entry: number): Labels | undefined {
    const bytes = this.#cache.bytesOf(entry);
    const type = metricTypes[this.#cache.types[entry]!];
    return storedLabels(seriesLabels(bytes, 0, bytes.length, type), this.#target, this.#rules);
  }

  /** Asks the store for the refs of what is new, and takes out the samples that it has no room for. */
  #resolve(): void {
    if (this.#unresolved.length === 0) return;
    const { refs } = this.#cache;
    const found = this.#refsOf(this.#unresolved.map(({ labels }) => labels));
    this.#unresolved.forEach(({ entry }, at) => {
      refs[entry] = found[at]!;
    });
    this.#unresolved = [];
    const columns = this.#columns;
    let missing = false;
    for (let at = 0; at < columns.length; at++) {
      const ref = refs[columns.entries[at]!]!;
      columns.refs[at] = ref;
      if (ref === UNRESOLVED) missing = true;
    }
    if (missing) columns.keep(placesWhere(columns, (at) => columns.refs[at] !== UNRESOLVED));
  }

  #refsOf(labels: Labels[]): Float64Array {
    const { refs, refused } = this.#store.series(this.#tenant, labels);
    for (const ref of refs) if (ref === UNRESOLVED) this.#refusedSeries++;
    this.#refusal ??= refused;
    return refs;
  }

  #markVanished(): void {
    const { tracked, refs, seen, size } = this.#cache;
    let live = 0;
    const vanished: number[] = [];
    for (let entry = 0; entry < size; entry++) {
      if (seen[entry] === this.#scrape) {
        live++;
        tracked[entry] = (tracked[entry]! & TRACKED_NOW) !== 0 ? TRACKED : 0;
      } else if (tracked[entry] !== 0) {
        if (refs[entry]! > 0) vanished.push(entry);
        tracked[entry] = 0;
      }
    }
    if (vanished.length > 0) {
      // Relabelling can make one series of two on the page: it ends when both are gone.
      const present = new Set(this.#columns.refs.subarray(0, this.#columns.length));
      for (const entry of vanished) {
        if (!present.has(refs[entry]!)) this.#columns.pushMarker(entry, refs[entry]!, this.#timeMs);
      }
    }
    this.#live = live;
  }

  /** The cache has cleared away the dead: entries have other numbers, groups are found anew. */
  #renumbered(): void {
    this.known.clear();
    this.#groups.clear();
    this.#created.clear();
    for (let entry = 0; entry < this.#cache.size; entry++) {
      const bytes = this.#cache.bytesOf(entry);
      const type = metricTypes[this.#cache.types[entry]!]!;
      if (this.#cache.refs[entry] !== DROPPED) this.#group(entry, seriesLabels(bytes, 0, bytes.length, type), type);
    }
  }

  /** The store has let go of these series since (its head was cut): they are made again. */
  async #appendForgotten(places: readonly number[]): Promise<Appended> {
    const columns = this.#columns;
    columns.keep([...places].sort((a, b) => a - b));
    const labels = Array.from({ length: columns.length }, (_, at) => {
      const entry = columns.entries[at]!;
      return entry < 0 ? this.#own.labelsOf(entry) : (this.#labelsAgain(entry) ?? Labels.empty);
    });
    const refs = this.#refsOf(labels);
    for (let at = 0; at < columns.length; at++) {
      const entry = columns.entries[at]!;
      columns.refs[at] = refs[at]!;
      if (entry < 0) this.#own.resolve([entry], refs.subarray(at));
      else this.#cache.refs[entry] = refs[at]!;
    }
    columns.keep(placesWhere(columns, (at) => columns.refs[at] !== UNRESOLVED));
    return this.#store.append(this.#tenant, columns);
  }
}

function emptyCounts(): PageCounts {
  return { scraped: 0, kept: 0, seriesAdded: 0, duplicates: 0, problem: undefined };
}

function* placesWhere(columns: Columns, wanted: (at: number) => boolean): Generator<number> {
  const { length } = columns;
  for (let at = 0; at < length; at++) if (wanted(at)) yield at;
}

function sum(first: Appended, second: Appended): Appended {
  return {
    taken: first.taken + second.taken,
    repeated: first.repeated + second.repeated,
    conflicting: first.conflicting + second.conflicting,
    tooOld: first.tooOld + second.tooOld,
    tooNew: first.tooNew + second.tooNew,
    unknownRefs: second.unknownRefs,
  };
}
