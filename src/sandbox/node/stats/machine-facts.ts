import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { ProcFiles } from './proc-files.ts';
import { parseMachineStat, parseSizes } from './proc-text.ts';

export interface FileSystem {
  /** As it was mounted: `/dev/sda1`, or the type of one without a device. */
  device: string;
  capacityBytes: number;
  usedBytes: number;
  /** What an ordinary user could still write. */
  availableBytes: number;
  inodes: number;
  inodesFree: number;
}

/** What of the machine changes seldom or never. */
export interface MachineFacts {
  cores: number;
  memoryBytes: number;
  swapBytes: number;
  bootTimeSeconds: number;
  bootId: string;
  machineId: string;
  systemUuid: string;
  /** That holds the node's files. */
  disk: FileSystem;
}

export function machineFacts(files: ProcFiles, directory: string): MachineFacts {
  const sizes = parseSizes(files.read('meminfo') ?? '');
  return {
    cores: availableParallelism(),
    memoryBytes: sizes.get('MemTotal') ?? 0,
    swapBytes: sizes.get('SwapTotal') ?? 0,
    bootTimeSeconds: parseMachineStat(files.read('stat') ?? '')?.bootTimeSeconds ?? 0,
    bootId: (files.read('sys/kernel/random/boot_id') ?? '').trim(),
    machineId: firstLine('/etc/machine-id'),
    systemUuid: firstLine('/sys/class/dmi/id/product_uuid'),
    disk: fileSystemOf(files, directory),
  };
}

export function fileSystemOf(files: ProcFiles, directory: string): FileSystem {
  const { blocks, bfree, bavail, bsize, files: inodes, ffree } = statfsSync(directory);
  return {
    device: deviceOf(files.read('self/mountinfo') ?? '', directory),
    capacityBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    availableBytes: bavail * bsize,
    inodes,
    inodesFree: ffree,
  };
}

/** By /proc/self/mountinfo: the mount whose point is the longest beginning of the path; of several, the last laid over it. */
export function deviceOf(mountInfo: string, path: string): string {
  let device = '';
  let longest = -1;
  for (const line of mountInfo.split('\n')) {
    const [mount, source] = line.split(' - ') as [string, string?];
    const point = (mount.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const holds = point === '/' || path === point || path.startsWith(`${point}/`);
    if (source === undefined || point === '' || !holds || point.length < longest) continue;
    longest = point.length;
    const [type, name] = source.split(' ');
    device = name?.startsWith('/') ? name : (type ?? '');
  }
  return device;
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\n')[0] ?? '';
  } catch {
    return '';
  }
}
