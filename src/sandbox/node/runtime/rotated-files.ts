import { createReadStream, createWriteStream, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { messageOf } from '../../../base/fault.ts';

/** Local time, as the kubelet names rotated files. */
export function rotationStamp(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  return `${day}-${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
}

const stampPattern = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)$/;

export function laterStamp(stamp: string): string {
  const [, year, month, day, hour, minute, second] = (stampPattern.exec(stamp) ?? []).map(Number);
  return rotationStamp(
    new Date(
      year as number,
      (month as number) - 1,
      day as number,
      hour as number,
      minute as number,
      (second as number) + 1,
    ),
  );
}

/**
 * The rotated files of one container instance. Invariant: after `settled`, at most `filesMax` − 1 of them are left, and
 * all but the newest are compressed. One pass runs at a time, however often files are rotated meanwhile.
 */
export class RotatedFiles {
  #path: string;
  #filesMax: number;
  #onTrouble: (message: string) => void;
  #running: Promise<void> | undefined;
  #again = false;
  #lastStamp = '';

  constructor(path: string, filesMax: number, onTrouble: (message: string) => void = () => {}) {
    this.#path = path;
    this.#filesMax = filesMax;
    this.#onTrouble = onTrouble;
    this.#lastStamp = this.#list().at(-1)?.stamp ?? '';
  }

  /** The stamp, moved on by seconds until it is new and later than the last one, so that names sort by time. */
  nextName(stamp: string): string {
    let next = stamp;
    if (next <= this.#lastStamp) next = laterStamp(this.#lastStamp);
    while (existsSync(`${this.#path}.${next}`) || existsSync(`${this.#path}.${next}.gz`)) next = laterStamp(next);
    this.#lastStamp = next;
    return `${this.#path}.${next}`;
  }

  /** Deletes what is beyond the limit and compresses older files, in the background. */
  settle(): void {
    this.#removeExcess();
    this.#again = true;
    this.#running ??= this.#work();
  }

  /** Resolves when no work is left. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #work(): Promise<void> {
    await Promise.resolve();
    while (this.#again) {
      this.#again = false;
      try {
        for (const file of this.#list().slice(0, -1)) {
          if (!file.compressed) await compress(file.path);
        }
        this.#removeExcess();
      } catch (error) {
        this.#onTrouble(`cannot compress a rotated file of ${this.#path}: ${messageOf(error)}`);
      }
    }
    // In one go with the question above, or a rotation in between would be forgotten.
    this.#running = undefined;
  }

  #removeExcess(): void {
    const files = this.#list();
    for (const file of files.slice(0, Math.max(0, files.length - (this.#filesMax - 1)))) {
      rmSync(file.path, { force: true });
    }
  }

  /** Oldest first. Left-overs of an interrupted compression are removed, as the kubelet does. */
  #list(): { path: string; stamp: string; compressed: boolean }[] {
    const directory = dirname(this.#path);
    const prefix = `${basename(this.#path)}.`;
    const names = existsSync(directory) ? readdirSync(directory).filter((name) => name.startsWith(prefix)) : [];
    const files = [];
    for (const name of names) {
      const compressed = name.endsWith('.gz');
      const stamp = name.slice(prefix.length, compressed ? -3 : undefined);
      if (name.endsWith('.tmp') && !this.#running) rmSync(join(directory, name), { force: true });
      if (!stampPattern.test(stamp)) continue;
      if (compressed && names.includes(name.slice(0, -3))) continue;
      files.push({ path: join(directory, name), stamp, compressed });
    }
    return files.sort((a, b) => (a.stamp < b.stamp ? -1 : 1));
  }
}

async function compress(path: string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await pipeline(createReadStream(path), createGzip(), createWriteStream(temporary, { mode: 0o640 }));
    renameSync(temporary, `${path}.gz`);
  } catch (error) {
    rmSync(temporary, { force: true });
    // Deleted while it was read (it fell beyond the limit, or the pod went): nothing is left to do.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  rmSync(path, { force: true });
}
