import { levelLabel } from '../../level/level.ts';
import type { LabelRecord } from '../source.ts';
import { duplicateSuffix } from './label-name.ts';

export const errorLabel = '__error__';
export const errorDetailsLabel = '__error_details__';
export const preserveErrorLabel = '__preserve_error__';
/** Only a source gives it, to a whole stream: what lines say under this name gets the suffix. */
export const provenanceLabel = 'taffrail_provenance';

/** Labels of a line by where they come from, as clients may ask for them. */
export interface CategorizedLabels {
  stream: Record<string, string>;
  metadata: Record<string, string>;
  parsed: Record<string, string>;
}

/**
 * The labels of the line at hand. Invariant: what was parsed (or formatted) hides structured metadata, that hides the stream's; the
 * first parser that finds a name keeps it. Made once a block and reset for each line.
 */
export class LineLabels {
  readonly base: ReadonlyMap<string, string>;
  readonly #baseRecord: LabelRecord;
  #metadata: ReadonlyMap<string, string> = none;
  readonly parsed = new Map<string, string>();
  readonly #deleted = new Set<string>();
  /** Names that were parsed on this line, also those dropped since. */
  readonly #extracted = new Set<string>();
  readonly #detectLevel: (() => string) | undefined;
  #level: string | undefined;
  error = '';
  errorDetails = '';

  /** With `detectLevel`, which tells the level of the line at hand, lines have one that is asked for at most once. */
  constructor(base: LabelRecord, detectLevel?: () => string) {
    this.#baseRecord = base;
    this.#detectLevel = base[levelLabel] === undefined ? detectLevel : undefined;
    this.base = new Map(Object.entries(base));
  }

  /** Made for each set of metadata once; a name that the stream has gets a suffix. */
  metadataMap(set: LabelRecord): ReadonlyMap<string, string> {
    return new Map(
      Object.entries(set).map(([name, value]) => [this.#isTaken(name) ? name + duplicateSuffix : name, value]),
    );
  }

  reset(metadata: ReadonlyMap<string, string> = none): void {
    if (this.parsed.size > 0) this.parsed.clear();
    if (this.#deleted.size > 0) this.#deleted.clear();
    if (this.#extracted.size > 0) this.#extracted.clear();
    this.error = this.errorDetails = '';
    this.#level = undefined;
    this.#metadata = metadata;
    if (metadata.size > 0 && metadata.has(errorLabel)) this.error = metadata.get(errorLabel)!;
  }

  /**
   * Whether labels are still those of the stream and of the line's metadata. Details of an error that was dropped stay, but, as in Loki,
   * not where the line has no labels but its stream's.
   */
  get isUntouched(): boolean {
    if (this.parsed.size > 0 || this.#deleted.size > 0 || this.error !== '') return false;
    return this.errorDetails === '' || (this.#metadata.size === 0 && this.#detectLevel === undefined);
  }

  get(name: string): string | undefined {
    const parsed = this.parsed.get(name);
    if (parsed !== undefined) return parsed;
    if (this.#deleted.size > 0 && this.#deleted.has(name)) return undefined;
    if (this.#isDetected(name)) return (this.#level ??= this.#detectLevel!());
    const metadata = this.#metadata.size > 0 ? this.#metadata.get(name) : undefined;
    return metadata ?? this.base.get(name);
  }

  #isDetected(name: string): boolean {
    return this.#detectLevel !== undefined && name === levelLabel;
  }

  #isTaken(name: string): boolean {
    return this.base.has(name) || name === provenanceLabel;
  }

  /** The name under which a parser sets a field: another where the stream or the metadata has it. */
  parsedName(name: string): string {
    if (this.#isTaken(name)) return name + duplicateSuffix;
    const isMetadata = this.#isMetadata(name) && !this.#deleted.has(name);
    return isMetadata ? name + duplicateSuffix : name;
  }

  #isMetadata(name: string): boolean {
    return (this.#metadata.size > 0 && this.#metadata.has(name)) || this.#isDetected(name);
  }

  wasExtracted(name: string): boolean {
    return this.#extracted.size > 0 && this.#extracted.has(name);
  }

  set(name: string, value: string): void {
    this.parsed.set(name, value);
    this.#extracted.add(name);
  }

  /** Takes back all that was parsed after the first so many labels. */
  forgetAfter(count: number): void {
    for (const name of [...this.parsed.keys()].slice(count)) {
      this.parsed.delete(name);
      this.#extracted.delete(name);
    }
  }

  delete(name: string): void {
    this.parsed.delete(name);
    this.#deleted.add(name);
  }

  fail(code: string, details?: string): void {
    this.error = code;
    if (details !== undefined) this.errorDetails = details;
  }

  /** All that a template sees. */
  toMap(): Map<string, string> {
    const all = new Map<string, string>();
    for (const name of this.names()) all.set(name, this.get(name)!);
    if (this.error !== '') all.set(errorLabel, this.error);
    if (this.errorDetails !== '') all.set(errorDetailsLabel, this.errorDetails);
    return all;
  }

  *names(): Generator<string> {
    for (const name of this.base.keys()) if (this.#isVisible(name)) yield name;
    for (const name of this.#metadata.keys()) if (this.#isVisible(name) && !this.base.has(name)) yield name;
    if (this.#detectLevel !== undefined && this.#isVisible(levelLabel)) yield levelLabel;
    yield* this.parsed.keys();
  }

  /** Not hidden by a parsed label, and not deleted. */
  #isVisible(name: string): boolean {
    return !this.parsed.has(name) && !this.#deleted.has(name);
  }

  categorized(): CategorizedLabels {
    const result: CategorizedLabels = { stream: {}, metadata: {}, parsed: {} };
    if (this.isUntouched) {
      result.stream = { ...this.#baseRecord };
      for (const [name, value] of this.#metadata) result.metadata[name] = value;
      if (this.#detectLevel !== undefined) result.metadata[levelLabel] = this.get(levelLabel)!;
      return result;
    }
    for (const name of this.names()) {
      const place = this.parsed.has(name) ? 'parsed' : this.#isMetadata(name) ? 'metadata' : 'stream';
      result[place][name] = this.get(name)!;
    }
    if (this.error !== '') result.parsed[errorLabel] = this.error;
    if (this.errorDetails !== '') result.parsed[errorDetailsLabel] = this.errorDetails;
    return result;
  }

  /** All labels as one record, errors included. */
  toRecord(): Record<string, string> {
    const all = this.toMap();
    if (this.isUntouched) all.delete(errorDetailsLabel);
    return Object.fromEntries(all);
  }
}

const none: ReadonlyMap<string, string> = new Map();
