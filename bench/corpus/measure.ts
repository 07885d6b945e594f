import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';

export interface CorpusMeasure {
  bytes: number;
  /** How many times smaller zstd level 1 makes it in blocks of 1 MiB. */
  zstdRatio: number;
  /** Lines that differ after every word with a digit in it is replaced: what a template miner would find. */
  templates: number;
  bytesOfRecord: number;
  partialRecords: number;
  stderrRecords: number;
  needles: Record<string, number>;
}

const BLOCK_BYTES = 1024 * 1024;
const RECORD = /^\S+ (stdout|stderr) ([FP]) (.*)$/;
const VARIABLE = /[\w.:/-]*\d[\w.:/-]*/g;

/** Reads the whole corpus again and measures what it promises. */
export function measureCorpus(logRoot: string, needles: readonly string[]): CorpusMeasure {
  const templates = new Set<string>();
  const counts = Object.fromEntries(needles.map((needle) => [needle, 0]));
  let bytes = 0;
  let packed = 0;
  let records = 0;
  let partial = 0;
  let stderr = 0;
  for (const path of logFiles(logRoot)) {
    const content = readFileSync(path);
    bytes += content.length;
    for (let at = 0; at < content.length; at += BLOCK_BYTES)
      packed += packedBytes(content.subarray(at, at + BLOCK_BYTES));
    for (const needle of needles) counts[needle]! += occurrences(content, needle);
    for (const record of content.toString().split('\n')) {
      const match = RECORD.exec(record);
      if (!match) continue;
      records++;
      if (match[1] === 'stderr') stderr++;
      if (match[2] === 'P') partial++;
      else if (match[3]!.length < 2000) templates.add(match[3]!.replace(VARIABLE, '#'));
    }
  }
  return {
    bytes,
    zstdRatio: Math.round((100 * bytes) / packed) / 100,
    templates: templates.size,
    bytesOfRecord: Math.round(bytes / records),
    partialRecords: partial,
    stderrRecords: stderr,
    needles: counts,
  };
}

function logFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function packedBytes(block: Buffer): number {
  return zstdCompressSync(block, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }).length;
}

function occurrences(content: Buffer, needle: string): number {
  let count = 0;
  for (let at = content.indexOf(needle); at >= 0; at = content.indexOf(needle, at + 1)) count++;
  return count;
}
