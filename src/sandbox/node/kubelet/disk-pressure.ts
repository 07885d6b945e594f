import { readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from './pod.ts';
import { logDirectoryName } from './pod-files.ts';

export interface DiskSettings {
  /** All of the node's log files together; unlimited when left out. */
  logQuotaBytes?: number;
  /** Free space on the log volume below which pods are evicted. */
  freeBytesMin: number;
  /** How long the condition stays after the pressure has gone, as with the kubelet. */
  pressureTransitionMs: number;
}

export const diskDefaults: DiskSettings = { freeBytesMin: 100 * 1024 * 1024, pressureTransitionMs: 300_000 };

export interface DiskUsage {
  /** Per directory of a pod below the log root. */
  byPodDirectory: Map<string, number>;
  totalBytes: number;
  freeBytes: number;
}

export function measureDisk(logRoot: string): DiskUsage {
  const byPodDirectory = new Map<string, number>();
  let totalBytes = 0;
  for (const name of readdirSync(logRoot)) {
    const bytes = bytesBelow(join(logRoot, name));
    byPodDirectory.set(name, bytes);
    totalBytes += bytes;
  }
  const { bavail, bsize } = statfsSync(logRoot);
  return { byPodDirectory, totalBytes, freeBytes: bavail * bsize };
}

/** Undefined when there is room; else what was exceeded. */
export function pressureOf(
  usage: DiskUsage,
  settings: DiskSettings,
): { threshold: number; available: number } | undefined {
  const { logQuotaBytes, freeBytesMin } = settings;
  if (usage.freeBytes < freeBytesMin) return { threshold: freeBytesMin, available: usage.freeBytes };
  if (logQuotaBytes !== undefined && usage.totalBytes > logQuotaBytes) {
    return { threshold: logQuotaBytes, available: logQuotaBytes - usage.totalBytes };
  }
  return undefined;
}

/** The pod that uses most goes first. */
export function biggestUser(pods: Pod[], usage: DiskUsage): { pod: Pod; bytes: number } | undefined {
  let biggest: { pod: Pod; bytes: number } | undefined;
  for (const pod of pods) {
    const bytes = usage.byPodDirectory.get(logDirectoryName(pod)) ?? 0;
    if (bytes > (biggest?.bytes ?? 0)) biggest = { pod, bytes };
  }
  return biggest;
}

export function evictionMessage(pod: Pod, bytes: number, pressure: { threshold: number; available: number }): string {
  const containers = pod.spec.containers.map(({ name }) => name).join(', ');
  return (
    'The node was low on resource: ephemeral-storage. ' +
    `Threshold quantity: ${pressure.threshold}, available: ${Math.max(0, Math.floor(pressure.available / 1024))}Ki. ` +
    `Container ${containers} was using ${Math.ceil(bytes / 1024)}Ki, request is 0, has larger consumption of ephemeral-storage. `
  );
}

function bytesBelow(path: string): number {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry?.isDirectory()) return entry?.size ?? 0;
  try {
    return readdirSync(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0);
  } catch (error) {
    // Removed while it was measured.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
