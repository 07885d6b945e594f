import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const FLUSH_BYTES = 1024 * 1024;
/** containerd's max_container_log_line_size. */
export const partBytesMax = 16384;
/** The kubelet's containerLogMaxSize. */
export const rotateBytes = 10 * 1024 * 1024;

/** Writes one container's log as containerd and the kubelet leave it: CRI lines, long ones in parts, rotated by rename. */
export class CriFile {
  readonly #directory: string;
  readonly #buffer = Buffer.allocUnsafe(FLUSH_BYTES + 4 * partBytesMax);
  #used = 0;
  #file: number;
  #fileBytes = 0;
  bytes = 0;
  records = 0;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    this.#file = openSync(join(directory, '0.log'), 'wx');
  }

  /** `nanos` is the time within the second that `secondText` ("2026-11-22T10:00:00") names. */
  write(secondText: string, nanos: number, stream: 'stdout' | 'stderr', text: string): void {
    const stamp = goTime(secondText, nanos);
    if (text.length < partBytesMax / 3) {
      this.#record(`${stamp} ${stream} F `, text);
      return;
    }
    const bytes = Buffer.from(text);
    let at = 0;
    for (; bytes.length - at > partBytesMax; at += partBytesMax)
      this.#record(`${stamp} ${stream} P `, bytes.subarray(at, at + partBytesMax));
    this.#record(`${stamp} ${stream} F `, bytes.subarray(at));
  }

  rotateIfFull(secondText: string): void {
    if (this.#fileBytes + this.#used < rotateBytes) return;
    this.#flush();
    closeSync(this.#file);
    const suffix = secondText.replaceAll(/[-:]/g, '').replace('T', '-');
    renameSync(join(this.#directory, '0.log'), join(this.#directory, `0.log.${suffix}`));
    this.#file = openSync(join(this.#directory, '0.log'), 'wx');
    this.#fileBytes = 0;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #record(prefix: string, content: string | Buffer): void {
    const buffer = this.#buffer;
    const from = this.#used;
    let at = from + buffer.write(prefix, from, 'latin1');
    at += typeof content === 'string' ? buffer.write(content, at, 'utf8') : content.copy(buffer, at);
    buffer[at++] = 0x0a;
    this.#used = at;
    this.bytes += at - from;
    this.records++;
    if (at >= FLUSH_BYTES) this.#flush();
  }

  #flush(): void {
    let written = 0;
    while (written < this.#used) written += writeSync(this.#file, this.#buffer, written, this.#used - written);
    this.#fileBytes += this.#used;
    this.#used = 0;
  }
}

/** As Go prints RFC3339Nano: zeros at the end of the fraction are cut, and the point with them. */
export function goTime(secondText: string, nanos: number): string {
  if (nanos === 0) return `${secondText}Z`;
  let digits = nanos;
  let width = 9;
  while (digits % 10 === 0) {
    digits /= 10;
    width--;
  }
  return `${secondText}.${String(digits).padStart(width, '0')}Z`;
}
