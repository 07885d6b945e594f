import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Fault } from '../../../base/fault.ts';
import { writeFileDurably } from '../../../base/files.ts';
import type { Nanos } from '../../../base/nanotime.ts';
import type { Output } from '../source/stream-labels.ts';

/**
 * What somebody asked to have deleted: lines of these streams, from `startNs` to `endNs`, both inclusive; of a filtered one, those that
 * come through the stages of its query. docs/formats/deletes.md
 */
export interface DeleteRequest {
  id: string;
  tenant: string;
  by: string;
  query: string;
  startNs: Nanos;
  endNs: Nanos;
  createdMs: number;
  /** `received`: it can be cancelled. */
  status: 'received' | 'processed';
  /** By instance, outputs. */
  instances: Readonly<Record<string, readonly Output[]>>;
  pushed: readonly string[];
  filtered?: true;
}

/** Without filters, files are of the first format: to a version that knows no filters, such requests would name whole streams. */
const [unfilteredFormat, format] = [1, 2];

/** Throws Fault `corrupt` or `newer-format`; without a file there are none. */
export function readDeletes(path: string): DeleteRequest[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const { version, requests, sha256 } = parsed(text, path);
  if (typeof version === 'number' && version > format) {
    throw new Fault('newer-format', `${path} has format ${version}; this version reads up to ${format}`);
  }
  if (!Array.isArray(requests) || sha256 !== digest(requests)) throw damaged(path);
  return requests.map((request) => ({ ...request, startNs: BigInt(request.startNs), endNs: BigInt(request.endNs) }));
}

export function writeDeletes(path: string, all: readonly DeleteRequest[]): void {
  const version = all.some(({ filtered }) => filtered) ? format : unfilteredFormat;
  const requests = all.map((one) => ({ ...one, startNs: `${one.startNs}`, endNs: `${one.endNs}` }));
  writeFileDurably(path, `${JSON.stringify({ version, sha256: digest(requests), requests })}\n`, 0o600);
}

function parsed(text: string, path: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(path);
  }
}

function damaged(path: string): Fault {
  // Going on without it would show what is to be gone.
  return new Fault('corrupt', `${path}, which says what was deleted, is damaged`, {
    hint: 'put it back from a backup; without it deleted lines would be shown again',
  });
}

function digest(requests: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(requests)).digest('hex');
}
