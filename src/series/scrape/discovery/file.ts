import { globSync, readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/fault.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import type { Discovery, TargetGroup } from './discovery.ts';

/** A changed file is noticed within this time, however long the refresh interval is. */
const lookMs = 5000;
const fileBytesMax = 32 * 1024 * 1024;
const filesMax = 1000;

export interface FileDiscoverySurroundings {
  clock: Clock;
  log: Logger;
  onFailure: () => void;
}

/**
 * Targets from files of JSON or YAML. Files are looked at rather than watched: they may lie on a ConfigMap or a network share.
 * A file that cannot be read keeps the targets it had.
 */
export function fileDiscovery(
  patterns: readonly string[],
  refreshMs: number,
  around: FileDiscoverySurroundings,
): Discovery {
  return {
    async run(update, signal) {
      const files = new Map<string, KnownFile>();
      while (!signal.aborted) {
        look(patterns, files, update, around);
        await around.clock.sleep(Math.min(lookMs, refreshMs), signal).catch(() => {});
      }
    },
  };
}

interface KnownFile {
  state: string;
  groups: number;
}

function look(
  patterns: readonly string[],
  files: Map<string, KnownFile>,
  update: (group: TargetGroup) => void,
  around: FileDiscoverySurroundings,
): void {
  const found = new Set(patterns.flatMap((pattern) => globSync(pattern)).slice(0, filesMax));
  for (const [file, { groups }] of files) {
    if (found.has(file)) continue;
    for (let at = 0; at < groups; at++) update({ source: `${file}:${at}`, labels: {}, targets: [] });
    files.delete(file);
  }
  for (const file of found) {
    const known = files.get(file) ?? { state: '', groups: 0 };
    try {
      const { ino, size, mtimeNs } = statSync(file, { bigint: true });
      const state = `${ino} ${size} ${mtimeNs}`;
      if (state === known.state) continue;
      files.set(file, { state, groups: known.groups });
      if (size > fileBytesMax) throw new Error(`it is larger than ${fileBytesMax} bytes`);
      const groups = readGroups(readFileSync(file, 'utf8'), file);
      for (const group of groups) update(group);
      for (let at = groups.length; at < known.groups; at++)
        update({ source: `${file}:${at}`, labels: {}, targets: [] });
      files.set(file, { state, groups: groups.length });
    } catch (error) {
      around.onFailure();
      around.log.warn('a file of targets cannot be read; its targets stay as they were', {
        file,
        error: messageOf(error),
      });
    }
  }
}

/** Throws an Error that says what is wrong where. JSON is read as the YAML that it is. */
export function readGroups(text: string, file: string): TargetGroup[] {
  const value: unknown = parse(text);
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new Error('a list of groups is expected');
  return value.map((group: unknown, at) => groupOf(group, `${file}:${at}`, at));
}

function groupOf(value: unknown, source: string, at: number): TargetGroup {
  const where = `group ${at + 1}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not a mapping`);
  const unknown = Object.keys(value).find((key) => key !== 'targets' && key !== 'labels');
  if (unknown !== undefined)
    throw new Error(`${where} has the key ${JSON.stringify(unknown)}; targets and labels are allowed`);
  const { targets = [], labels = {} } = value as { targets?: unknown; labels?: unknown };
  if (!Array.isArray(targets) || !targets.every((target) => typeof target === 'string'))
    throw new Error(`${where}: targets is not a list of texts`);
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels))
    throw new Error(`${where}: labels is not a mapping`);
  const texts = Object.entries(labels).map(([name, text]) => [name, String(text)]);
  return {
    source,
    labels: { ...Object.fromEntries(texts), __meta_filepath: source.slice(0, source.lastIndexOf(':')) },
    targets: targets.map((__address__: string) => ({ __address__ })),
  };
}
