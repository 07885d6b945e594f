import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskUse } from './summary.ts';

/** A volume of more files than this is not counted to its end. */
export const filesMax = 100_000;

const blockBytes = 512;

/**
 * What `du` says of a directory: blocks on the disk, a file with several names once, other file systems left out.
 * Undefined where it is not there, or has more than `filesMax` files.
 */
export async function diskUseOf(directory: string): Promise<DiskUse | undefined> {
  const root = await lstat(directory, { bigint: true }).catch(() => undefined);
  if (!root) return undefined;
  const seen = new Set<bigint>();
  let blocks = 0n;
  const waiting = [directory];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const entry = await lstat(path, { bigint: true }).catch(() => undefined);
    // Removed in the meantime, or mounted from elsewhere, or counted by another name.
    if (!entry || entry.dev !== root.dev || seen.has(entry.ino)) continue;
    seen.add(entry.ino);
    if (seen.size > filesMax) return undefined;
    blocks += entry.blocks;
    if (!entry.isDirectory()) continue;
    for (const name of await readdir(path).catch(() => [])) waiting.push(join(path, name));
  }
  return { usedBytes: Number(blocks) * blockBytes, inodesUsed: seen.size };
}
