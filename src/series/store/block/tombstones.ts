import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Fault, messageOf } from '../../../base/fault.ts';
import type { FileLayer } from '../../../base/file-layer.ts';
import { createMatcher, type Labels, type Matcher, type MatchOp, type Scope } from '../../query/query.ts';
import type { BlockMeta } from './block-meta.ts';

const format = 1;
export const tombstonesName = 'tombstones.json';
/** Deletions that wait for a compaction; more are refused. */
export const tombstonesMax = 1000;

/** A deletion as it is on disk. */
export interface TombstoneRecord {
  id: number;
  tenant: string;
  namespaces: '*' | readonly string[];
  /** A series that meets all of one list is meant. */
  matchers: { op: MatchOp; name: string; value: string }[][];
  minMs: number;
  maxMs: number;
}

/** A deletion that some block has not seen yet. */
export class Tombstone {
  readonly record: TombstoneRecord;
  readonly minMs: number;
  readonly maxMs: number;
  readonly #matchers: Matcher[][];

  constructor(record: TombstoneRecord) {
    this.record = record;
    this.minMs = record.minMs;
    this.maxMs = record.maxMs;
    this.#matchers = record.matchers.map((list) => list.map(({ op, name, value }) => createMatcher(op, name, value)));
  }

  covers(labels: Labels): boolean {
    const { namespaces } = this.record;
    if (namespaces !== '*' && !(labels.has('namespace') && namespaces.includes(labels.get('namespace')))) return false;
    return this.#matchers.some((list) => list.every((matcher) => matcher.matches(labels.get(matcher.name))));
  }

  /** Whether the block may hold samples that the deletion means. */
  concerns({ tenant, minMs, maxMs, deletionsApplied, series }: BlockMeta): boolean {
    const { record } = this;
    return (
      series > 0 &&
      record.tenant === tenant &&
      record.id > deletionsApplied &&
      this.minMs <= maxMs &&
      this.maxMs >= minMs
    );
  }
}

/** The last line of the file. */
function checksumOf(text: string): string {
  return `${crc32(text).toString(16).padStart(8, '0')}\n`;
}

/** Deletions that blocks have not seen yet. Invariant: what is here is on disk. */
export class Tombstones {
  readonly #files: FileLayer;
  readonly #directory: string;
  #all: Tombstone[] = [];
  #last = 0;

  static async open(files: FileLayer, directory: string): Promise<Tombstones> {
    const tombstones = new Tombstones(files, directory);
    if ((await files.list(directory)).includes(tombstonesName)) await tombstones.#load();
    return tombstones;
  }

  private constructor(files: FileLayer, directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  /** The highest id that was ever given out. */
  get last(): number {
    return this.#last;
  }

  of(meta: BlockMeta): Tombstone[] {
    return this.#all.filter((tombstone) => tombstone.concerns(meta));
  }

  async #load(): Promise<void> {
    const path = join(this.#directory, tombstonesName);
    const file = await this.#files.open(path, 'read');
    const bytes = Buffer.alloc(await this.#files.sizeBytes(path));
    await file.read(bytes, 0).finally(() => file.close());
    let content: { format: number; last: number; deletions: TombstoneRecord[] };
    try {
      const text = bytes.toString('utf8');
      const end = text.lastIndexOf('\n', text.length - 2) + 1;
      if (checksumOf(text.slice(0, end)) !== text.slice(end)) throw new Error('its checksum is another');
      content = JSON.parse(text.slice(0, end));
      this.#all = content.deletions.map((record) => new Tombstone(record));
      this.#last = content.last;
    } catch (cause) {
      throw new Fault('corrupt', `${path} cannot be read: ${messageOf(cause)}`, { cause });
    }
    if (content.format > format) throw new Fault('newer-format', `${path} has format ${content.format}`);
  }

  async add(scope: Scope, matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number): Promise<void> {
    if (this.#all.length >= tombstonesMax) {
      throw new Fault('overloaded', `${tombstonesMax} deletions wait to be applied (tombstonesMax)`);
    }
    const record: TombstoneRecord = {
      id: this.#last + 1,
      tenant: scope.tenant,
      namespaces: scope.namespaces,
      matchers: matchers.map((list) => list.map(({ op, name, value }) => ({ op, name, value }))),
      minMs: Math.max(minMs, Number.MIN_SAFE_INTEGER),
      maxMs: Math.min(maxMs, Number.MAX_SAFE_INTEGER),
    };
    await this.#write([...this.#all, new Tombstone(record)], record.id);
  }

  /** Forgets the deletions that none of the blocks needs any more. */
  async forget(blocks: readonly BlockMeta[]): Promise<void> {
    const left = this.#all.filter((tombstone) => blocks.some((meta) => tombstone.concerns(meta)));
    if (left.length < this.#all.length) await this.#write(left, this.#last);
  }

  async #write(all: Tombstone[], last: number): Promise<void> {
    const path = join(this.#directory, tombstonesName);
    const json = `${JSON.stringify({ format, last, deletions: all.map(({ record }) => record) })}\n`;
    const text = `${json}${checksumOf(json)}`;
    await this.#files.unlink(`${path}.tmp`).catch(() => {});
    const file = await this.#files.open(`${path}.tmp`, 'create');
    try {
      await file.write([Buffer.from(text, 'utf8')], 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#files.rename(`${path}.tmp`, path);
    await this.#files.syncDirectory(this.#directory);
    this.#all = all;
    this.#last = last;
  }
}
