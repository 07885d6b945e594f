import { readFileSync, statSync } from 'node:fs';
import { messageOf } from '../../../base/fault.ts';
import type { Secret } from '../config/config.ts';

/** A credential or certificate is never longer. */
const fileBytesMax = 1024 * 1024;

/** Gives the text of a secret. One in a file is read again when the file changes: tokens and certificates rotate. Throws an Error. */
export function secretReader(secret: Secret): () => string {
  if ('text' in secret) return () => secret.text;
  let state = '';
  let text = '';
  return () => {
    try {
      const { ino, size, mtimeNs } = statSync(secret.file, { bigint: true });
      if (size > fileBytesMax) throw new Error(`it is larger than ${fileBytesMax} bytes`);
      const now = `${ino} ${size} ${mtimeNs}`;
      if (now !== state) {
        text = readFileSync(secret.file, 'utf8');
        state = now;
      }
      return text;
    } catch (error) {
      throw new Error(`${secret.file} cannot be read: ${messageOf(error)}`);
    }
  };
}
