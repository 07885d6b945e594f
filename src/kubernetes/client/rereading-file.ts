import { readFileSync, statSync } from 'node:fs';
import { Fault, messageOf } from '../../base/fault.ts';

/** A credential or certificate is never longer. */
const fileBytesMax = 1024 * 1024;

/** Invariant: `#text` is the file's content as of the inode, size and time in `#state`. Tokens and certificates rotate. */
export class RereadingFile {
  readonly path: string;
  /** Where the path was named: the kubeconfig and the key in it. */
  #namedBy: string;
  #state = '';
  #text = '';

  constructor(path: string, namedBy: string) {
    this.path = path;
    this.#namedBy = namedBy;
  }

  /** Throws Fault `usage` where the file cannot be read or is empty. */
  read(): string {
    try {
      const { ino, size, mtimeNs } = statSync(this.path, { bigint: true });
      const state = `${ino} ${size} ${mtimeNs}`;
      if (state !== this.#state) {
        if (size > fileBytesMax) throw new Error(`it is larger than fileBytesMax (${fileBytesMax} bytes)`);
        this.#text = readFileSync(this.path, 'utf8');
        this.#state = state;
      }
    } catch (error) {
      throw new Fault('usage', `${this.#namedBy} names ${this.path}, which cannot be read: ${messageOf(error)}`);
    }
    if (this.#text.trim() === '') throw new Fault('usage', `${this.#namedBy} names ${this.path}, which is empty`);
    return this.#text;
  }
}
