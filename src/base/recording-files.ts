import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type FileLayer, type LayerFile, realFiles } from './file-layer.ts';

/** What reached the operating system, in order. `mark` is the test's own: something was acknowledged. */
export type TraceEntry =
  | { op: 'create' | 'unlink' | 'sync'; name: string }
  | { op: 'write'; name: string; position: number; data: Buffer }
  | { op: 'truncate'; name: string; bytes: number }
  | { op: 'rename'; name: string; to: string }
  | { op: 'syncDirectory'; directory: string }
  | { op: 'mark'; mark: string };

/** Works on real files and writes down what it did, by their paths below `root`. */
export function recordingFiles(trace: TraceEntry[], root: string): FileLayer {
  const nameOf = (path: string) => relative(root, path);
  return {
    ...realFiles,
    async open(path, mode) {
      const name = nameOf(path);
      const file = await realFiles.open(path, mode);
      if (mode === 'create') trace.push({ op: 'create', name });
      return recorded(file, name, trace);
    },
    async unlink(path) {
      trace.push({ op: 'unlink', name: nameOf(path) });
      await realFiles.unlink(path);
    },
    async rename(from, to) {
      trace.push({ op: 'rename', name: nameOf(from), to: nameOf(to) });
      await realFiles.rename(from, to);
    },
    async syncDirectory(path) {
      await realFiles.syncDirectory(path);
      trace.push({ op: 'syncDirectory', directory: nameOf(path) });
    },
  };
}

function recorded(file: LayerFile, name: string, trace: TraceEntry[]): LayerFile {
  return {
    ...file,
    async write(buffers, position) {
      trace.push({ op: 'write', name, position, data: Buffer.concat(buffers) });
      await file.write(buffers, position);
    },
    async sync() {
      await file.sync();
      trace.push({ op: 'sync', name });
    },
    async truncate(bytes) {
      trace.push({ op: 'truncate', name, bytes });
      await file.truncate(bytes);
    },
  };
}

/** What a power loss leaves of writes that were not synced. */
export type Loss = 'all' | 'none' | 'tail' | 'scattered';

const PAGE_BYTES = 512;

interface DiskFile {
  durable: Buffer;
  /** Since the last sync. */
  pending: ((content: Buffer, keeps: () => boolean) => Buffer)[];
}

/** Whether it makes a difference what a power loss after the first `length` entries leaves. */
export function hasUnsynced(trace: readonly TraceEntry[], length: number): boolean {
  const files = new Map<string, DiskFile>();
  const unsynced = new Map<string, DiskFile | undefined>();
  for (const entry of trace.slice(0, length)) step(entry, files, unsynced);
  return unsynced.size > 0 || [...files.values()].some((file) => file.pending.length > 0);
}

/** Makes the directory as the disk has it when the power goes after the first `length` entries. */
export function materialise(
  trace: readonly TraceEntry[],
  length: number,
  loss: Loss,
  random: () => number,
  directory: string,
): void {
  const files = new Map<string, DiskFile>();
  /** Names whose creation or removal the directory has not been synced for. */
  const unsynced = new Map<string, DiskFile | undefined>();
  for (const entry of trace.slice(0, length)) step(entry, files, unsynced);
  const keeps = { all: () => false, none: () => true, tail: () => true, scattered: () => random() < 0.5 }[loss];
  for (const [name, before] of unsynced) {
    if (keeps()) continue;
    if (before) files.set(name, before);
    else files.delete(name);
  }
  mkdirSync(directory, { recursive: true });
  for (const [name, file] of files) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), contentAfter(file, loss, keeps, random));
  }
}

function contentAfter(file: DiskFile, loss: Loss, keeps: () => boolean, random: () => number): Buffer {
  let content = file.durable;
  for (const change of file.pending) if (loss !== 'all') content = change(content, keeps);
  if (loss !== 'tail' || content.length <= file.durable.length) return content;
  return content.subarray(0, file.durable.length + Math.floor(random() * (content.length - file.durable.length)));
}

function step(entry: TraceEntry, files: Map<string, DiskFile>, unsynced: Map<string, DiskFile | undefined>): void {
  if (entry.op === 'syncDirectory') forget(unsynced, entry.directory);
  if (entry.op === 'mark' || entry.op === 'syncDirectory') return;
  const file = files.get(entry.name);
  if (entry.op === 'create') {
    unsynced.set(entry.name, undefined);
    files.set(entry.name, { durable: Buffer.alloc(0), pending: [] });
  } else if (entry.op === 'unlink') {
    unsynced.set(entry.name, file);
    files.delete(entry.name);
  } else if (entry.op === 'rename') {
    if (!unsynced.has(entry.name)) unsynced.set(entry.name, file);
    if (!unsynced.has(entry.to)) unsynced.set(entry.to, files.get(entry.to));
    files.delete(entry.name);
    files.set(entry.to, file!);
  } else if (entry.op === 'write') {
    file!.pending.push((content, keeps) => written(content, entry.position, entry.data, keeps));
  } else if (entry.op === 'truncate') {
    file!.pending.push((content) => content.subarray(0, entry.bytes));
  } else {
    for (const change of file!.pending) file!.durable = change(file!.durable, () => true);
    file!.pending = [];
  }
}

function forget(unsynced: Map<string, DiskFile | undefined>, directory: string): void {
  for (const name of [...unsynced.keys()]) if (join(dirname(name)) === join(directory)) unsynced.delete(name);
}

/** Page by page: pages that were not kept are zero, or what they were. */
function written(content: Buffer, position: number, data: Buffer, keeps: () => boolean): Buffer {
  const result = Buffer.alloc(Math.max(content.length, position + data.length));
  content.copy(result);
  for (let at = 0; at < data.length; at += PAGE_BYTES) {
    if (keeps()) data.copy(result, position + at, at, Math.min(data.length, at + PAGE_BYTES));
  }
  return result;
}
