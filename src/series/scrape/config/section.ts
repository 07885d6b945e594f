import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair, type YAMLMap } from 'yaml';
import { parseByteSize } from '../../../base/byte-size.ts';
import { Fault, messageOf } from '../../../base/fault.ts';
import { parsePrometheusDurationMs } from '../../../base/prometheus-duration.ts';

/** The file that a value stands in, for pointing at it. */
export interface Source {
  file: string;
  lines: LineCounter;
  /** What the file asks for and is not done. */
  unsupported: string[];
}

/**
 * One mapping of the file. Each key is asked for once, by its type; a wrong value and, in `done`, a key that nobody asked for
 * are Faults that name file, line and key.
 */
export class Section {
  readonly #source: Source;
  readonly #node: YAMLMap | undefined;
  readonly #pairs = new Map<string, Pair>();
  readonly #asked = new Set<string>();
  readonly #path: string;

  constructor(source: Source, node: unknown, path: string) {
    this.#source = source;
    this.#path = path;
    if (node === undefined || node === null || (isScalar(node) && node.value === null)) return;
    if (!isMap(node)) throw fault(source, node, path, 'is not a mapping');
    this.#node = node;
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      this.#pairs.set(key, pair);
    }
  }

  has(key: string): boolean {
    return this.#value(key) !== undefined;
  }

  /** A Fault about a key, or about the section itself. */
  wrong(key: string | undefined, problem: string): Fault {
    const node = key === undefined ? this.#node : (this.#pairs.get(key)?.key ?? this.#node);
    return fault(this.#source, node, key === undefined ? this.#path : this.#at(key), problem);
  }

  text(key: string, fallback = ''): string {
    const value = this.#scalar(key);
    if (value === undefined) return fallback;
    if (typeof value === 'object') throw this.wrong(key, 'is not a text');
    return String(value);
  }

  optionalText(key: string): string | undefined {
    return this.has(key) ? this.text(key) : undefined;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.#scalar(key);
    if (value === undefined) return fallback;
    if (typeof value !== 'boolean') throw this.wrong(key, 'is neither true nor false');
    return value;
  }

  /** A whole number, not negative. */
  count(key: string, fallback = 0): number {
    const value = this.#scalar(key);
    if (value === undefined) return fallback;
    if (!Number.isSafeInteger(value) || (value as number) < 0)
      throw this.wrong(key, 'is not a whole number of 0 or more');
    return value as number;
  }

  bytes(key: string, fallback = 0): number {
    const text = this.optionalText(key);
    if (text === undefined) return fallback;
    // Prometheus takes KB, MB and GB for powers of two, and KiB for the same.
    const match = /^(\d+)(?:([KMGT])i?B?|B)?$/.exec(text);
    if (match) return Number(match[1]) * 1024 ** (match[2] === undefined ? 0 : ' KMGT'.indexOf(match[2]));
    try {
      return parseByteSize(text);
    } catch (error) {
      throw this.wrong(key, messageOf(error));
    }
  }

  durationMs(key: string, fallbackMs: number): number {
    const text = this.optionalText(key);
    if (text === undefined) return fallbackMs;
    try {
      return parsePrometheusDurationMs(text);
    } catch (error) {
      throw this.wrong(key, `is not a duration: ${messageOf(error)}; write it like 15s or 1m30s`);
    }
  }

  oneOf<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
    const text = this.text(key, fallback);
    if (!allowed.includes(text as T))
      throw this.wrong(key, `is ${JSON.stringify(text)}; allowed are ${allowed.join(', ')}`);
    return text as T;
  }

  texts(key: string): string[] {
    return this.#items(key).map((item) => {
      if (!isScalar(item) || item.value === null)
        throw fault(this.#source, item, this.#at(key), 'is not a list of texts');
      return String(item.value);
    });
  }

  textMap(key: string): Record<string, string> {
    const section = this.section(key);
    return Object.fromEntries(section.keys().map((name) => [name, section.text(name)]));
  }

  keys(): string[] {
    return [...this.#pairs.keys()];
  }

  section(key: string): Section {
    return new Section(this.#source, this.#value(key), this.#at(key));
  }

  sections(key: string): Section[] {
    return this.#items(key).map((item, at) => new Section(this.#source, item, `${this.#at(key)}[${at}]`));
  }

  /** Notes a key that Prometheus knows and this does not do; one that has its default needs no note. */
  unsupported(key: string, why: string, harmless: readonly unknown[] = []): void {
    const value = this.#value(key);
    this.#asked.add(key);
    if (value === undefined || (isScalar(value) && harmless.includes(value.value))) return;
    this.#source.unsupported.push(
      `${where(this.#source, this.#pairs.get(key)?.key)}: ${this.#at(key)} is not supported: ${why}`,
    );
  }

  /** Throws a Fault that names the first key that nobody asked for. */
  done(): void {
    for (const [key, pair] of this.#pairs) {
      if (!this.#asked.has(key))
        throw fault(this.#source, pair.key, this.#at(key), 'is not a key of Prometheus’s configuration');
    }
  }

  #at(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }

  #value(key: string): Node | undefined {
    this.#asked.add(key);
    const value = this.#pairs.get(key)?.value as Node | null | undefined;
    if (value === undefined || value === null || (isScalar(value) && value.value === null)) return undefined;
    return value;
  }

  #scalar(key: string): unknown {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    if (!isScalar(value)) throw this.wrong(key, 'is not a single value');
    return value.value;
  }

  #items(key: string): unknown[] {
    const value = this.#value(key);
    if (value === undefined) return [];
    if (!isSeq(value)) throw this.wrong(key, 'is not a list');
    return value.items;
  }
}

function where(source: Source, node: unknown): string {
  const offset = (node as Node | undefined)?.range?.[0];
  return offset === undefined ? source.file : `${source.file}:${source.lines.linePos(offset).line}`;
}

function fault(source: Source, node: unknown, path: string, problem: string): Fault {
  const reason = isAlias(node) ? 'is an alias; write the value out' : problem;
  return new Fault('usage', `${where(source, node)}: ${path || 'the file'} ${reason}`);
}
