import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import {
  BatchBuilder,
  type BatchFrame,
  type Cover,
  decodeFrame,
  encodeFactsFrame,
  type Fact,
  type Frame,
  type InstanceOffer,
  rangeHash,
  segmentName,
} from '../batch/batch.ts';
import type { CompactRules } from './compact.ts';
import type { DurableStore } from './durable-store.ts';
import { openStore, type StoreOptions } from './open.ts';
import type { LineBlock, LogStore, ReadRange, Scope } from './store.ts';

/* What the store's tests share: a folder, offers and batches as an agent makes them. */

/** Rules by which also a handful of lines becomes compact. */
export const compactsEverything: CompactRules = { textBytesMin: 1, shareMax: Number.MAX_SAFE_INTEGER };

export const everything: Scope = { tenant: 'acme', namespaces: '*' };

export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'taffrail-store-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function openTestStore(dataDir: string, options: Partial<StoreOptions> = {}): Promise<DurableStore> {
  return openStore({ dataDir, log: silentLogger, metrics: new MetricsRegistry(), clock: systemClock, ...options });
}

/** Of a store that is closed: the next one that is opened makes its catalogue from the packs. */
export function forgetCatalogue(dataDir: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(dataDir, 'store', `catalog.db${suffix}`), { force: true });
}

/** Flips a bit of the newest pack of a store that is closed, where `placeIn` says. */
export function damageLastPack(dataDir: string, placeIn: (pack: Buffer) => number): void {
  const packs = join(dataDir, 'store', 'packs');
  const path = join(packs, readdirSync(packs).sort().at(-1)!);
  const bytes = readFileSync(path);
  bytes[placeIn(bytes)]! ^= 1;
  writeFileSync(path, bytes);
}

export function offer(changes: Partial<InstanceOffer> & { podUid?: string; attempt?: number } = {}): InstanceOffer {
  const { podUid = 'uid-1', attempt = 0, ...rest } = changes;
  return {
    key: { cluster: 'c', podUid, container: 'app', attempt },
    namespace: 'default',
    pod: 'web-1',
    node: 'n1',
    containerId: null,
    segments: [segment(1)],
    continues: null,
    ...rest,
  };
}

export async function resolveOne(
  store: LogStore,
  changes: Parameters<typeof offer>[0] = {},
): ReturnType<typeof resolveAll> extends Promise<(infer R)[]> ? Promise<R> : never {
  return (await resolveAll(store, [offer(changes)]))[0]!;
}

export async function resolveAll(store: LogStore, offers: InstanceOffer[]) {
  return (await store.resolve('acme', { agent: { node: 'n1', version: '1' }, offers })).instances;
}

/** The name of a file whose first record was written `second` seconds after the start of 2024. */
export function segment(second: number): string {
  const time = new Date(Date.UTC(2024, 0, 1) + second * 1000).toISOString();
  return segmentName(Buffer.from(`${time} stdout F first`));
}

export interface BatchOptions {
  segment?: string;
  from: number;
  lines: readonly string[];
  /** Nanoseconds after the start of 2024 of the first line; each further line comes a millisecond later. */
  second?: number;
  covers?: Cover[];
}

/** The bytes of the segment are taken to be the lines themselves. */
export function batch(instance: string, options: BatchOptions): BatchFrame {
  const { from, lines, second = 1 } = options;
  const name = options.segment ?? segment(1);
  const builder = new BatchBuilder(1024);
  const seconds = Date.UTC(2024, 0, 1) / 1000 + second;
  for (const [i, line] of lines.entries()) {
    const bytes = Buffer.from(line);
    builder.append(bytes, 0, bytes.length);
    builder.endLine(seconds + Math.floor(i / 1000), (i % 1000) * 1_000_000, 0);
  }
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const covers = options.covers ?? [{ segment: name, from, to: from + text.length, hash: rangeHash(text) }];
  return decodeFrame(builder.finish(instance, { segment: name, offset: from }, covers)) as BatchFrame;
}

export function facts(...list: Fact[]): Frame {
  return decodeFrame(encodeFactsFrame(list));
}

export async function statuses(store: LogStore, ...frames: Frame[]): Promise<string[]> {
  return (await store.append('acme', frames)).map((result) => result.status);
}

export function linesOf(block: LineBlock): string[] {
  return Array.from(block.times, (_, i) => block.text.toString('utf8', block.starts[i]!, block.starts[i + 1]! - 1));
}

export async function readAll(
  store: LogStore,
  instance: string,
  range: Partial<ReadRange> = {},
  scope = everything,
): Promise<string[]> {
  const lines: string[] = [];
  for await (const block of store.read(scope, instance, { direction: 'forward', ...range })) {
    lines.push(...linesOf(block));
  }
  return lines;
}
