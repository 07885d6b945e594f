import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { formatRfc3339Nano, nanosOfMs } from '../../src/base/nanotime.ts';
import { numberedLine } from './numbered.ts';

const PART_BYTES_MAX = 16384;
const ROTATE_BYTES = 256 * 1024;
/** Enough that a file is not deleted while an agent is being killed and started: what the files lose is no fault of anybody's. */
const FILES_MAX = 40;

/**
 * Writes the numbered lines of one container as containerd and the kubelet do: CRI records, rotation by rename, `.gz` of older
 * files through `.tmp`, a new attempt when the container restarts. Everything that `count` counts has reached its file.
 */
export class Writer {
  readonly name: string;
  readonly pod: string;
  readonly #directory: string;
  #attempt = 0;
  #file: number;
  #bytes = 0;
  #rotation = 0;
  #nanos = 0n;
  count = 0;
  rotations = 0;
  restarts = 0;

  constructor(logRoot: string, index: number) {
    this.name = `writer-${index}`;
    this.pod = `${this.name}-5d9c7b`;
    const uid = `0000000${index}-1111-4222-8333-444444444444`;
    this.#directory = join(logRoot, `default_${this.pod}_${uid}`, this.name);
    mkdirSync(this.#directory, { recursive: true });
    this.#file = this.#open();
  }

  write(lines: number): void {
    const records: string[] = [];
    for (let i = 0; i < lines; i++)
      records.push(...this.#records(numberedLine(this.name, this.count + i), this.count + i));
    const bytes = Buffer.from(records.join(''));
    let written = 0;
    // A write may be cut anywhere, as containerd's are: a reader sees the beginning of a record first.
    const cut = Math.floor(bytes.length * 0.7);
    while (written < cut) written += writeSync(this.#file, bytes, written, cut - written);
    while (written < bytes.length) written += writeSync(this.#file, bytes, written, bytes.length - written);
    this.count += lines;
    this.#bytes += bytes.length;
    if (this.#bytes > ROTATE_BYTES) this.#rotate();
  }

  restart(): void {
    closeSync(this.#file);
    this.#attempt++;
    this.restarts++;
    this.#file = this.#open();
  }

  close(): void {
    closeSync(this.#file);
  }

  #records(line: string, number: number): string[] {
    this.#nanos = bigger(nanosOfMs(Date.now()), this.#nanos + 100n);
    const head = `${formatRfc3339Nano(this.#nanos)} ${number % 5 === 0 ? 'stderr' : 'stdout'}`;
    const records: string[] = [];
    let at = 0;
    for (; line.length - at > PART_BYTES_MAX; at += PART_BYTES_MAX)
      records.push(`${head} P ${line.slice(at, at + PART_BYTES_MAX)}\n`);
    records.push(`${head} F ${line.slice(at)}\n`);
    return records;
  }

  #rotate(): void {
    closeSync(this.#file);
    const stamp = new Date(Date.UTC(2026, 0, 1) + 1000 * this.#rotation++).toISOString().replaceAll(/[-:]/g, '');
    renameSync(this.#live, `${this.#live}.${stamp.slice(0, 8)}-${stamp.slice(9, 15)}`);
    this.#file = this.#open();
    this.rotations++;
    const rotated = readdirSync(this.#directory)
      .filter((name) => name.startsWith(`${this.#attempt}.log.`))
      .sort();
    for (const name of rotated.slice(0, -1)) if (!name.endsWith('.gz')) this.#compress(join(this.#directory, name));
    for (const name of rotated.slice(0, -FILES_MAX)) rmSync(join(this.#directory, name), { force: true });
  }

  #compress(path: string): void {
    writeFileSync(`${path}.tmp`, gzipSync(readFileSync(path), { level: 1 }));
    renameSync(`${path}.tmp`, `${path}.gz`);
    rmSync(path);
  }

  #open(): number {
    this.#bytes = 0;
    return openSync(this.#live, 'a');
  }

  get #live(): string {
    return join(this.#directory, `${this.#attempt}.log`);
  }
}

function bigger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
