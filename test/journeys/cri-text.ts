/** A slow, plain reader of CRI files: what a container has said, to compare answers with. Shares no code with the product. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** The files of one container instance, oldest first; `.tmp` is nothing, and `X.gz` counts as X. */
export function logFilesOf(containerDirectory: string, attempt: number): string[] {
  return readdirSync(containerDirectory)
    .filter((name) => name === `${attempt}.log` || name.startsWith(`${attempt}.log.`))
    .filter((name) => !name.endsWith('.tmp'))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((name) => join(containerDirectory, name));
}

/** The text of an instance: partial lines joined by stream; a line stands where it ends, one that never ends comes last. */
export function textOf(containerDirectory: string, attempt: number, only?: 'stdout' | 'stderr'): Buffer {
  const pending: Record<string, Buffer[]> = { stdout: [], stderr: [] };
  const text: Buffer[] = [];
  for (const record of recordsOf(containerDirectory, attempt)) {
    const stream = pending[record.stream]!;
    stream.push(record.content);
    if (record.partial) continue;
    if (only === undefined || only === record.stream) text.push(...stream, newline);
    pending[record.stream] = [];
  }
  for (const [stream, rest] of Object.entries(pending)) if (only === undefined || only === stream) text.push(...rest);
  return Buffer.concat(text);
}

const newline = Buffer.from('\n');

interface CriRecord {
  stream: string;
  partial: boolean;
  content: Buffer;
}

function* recordsOf(containerDirectory: string, attempt: number): Iterable<CriRecord> {
  for (const path of logFilesOf(containerDirectory, attempt)) {
    const raw = readFileSync(path);
    const bytes = path.endsWith('.gz') ? gunzipSync(raw) : raw;
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(newline, at);
      if (end < 0) break;
      const record = bytes.subarray(at, end);
      const [time, stream, tag] = record.subarray(0, 64).toString('latin1').split(' ', 3) as [string, string, string];
      const content = record.subarray(time.length + stream.length + tag.length + 3);
      yield { stream, partial: tag.startsWith('P'), content };
      at = end + 1;
    }
  }
}

/** The live file comes last. */
function rank(name: string): number {
  return name.endsWith('.log') ? 1 : 0;
}
