import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';
import { Fault, messageOf } from '../../base/fault.ts';

/** A small page is unpacked at once: handing it to another thread costs more than it takes. */
const packedAtOnceBytesMax = 64 * 1024;
const unpackedAtOnceBytesMax = 1024 * 1024;
/** gzip ends with the length of what it holds. Taken as a hint, it saves a copy; where it lies, only the hint is wrong. */
const trailerBytes = 4;
/** Less would be cut from the pool of buffers, half of whose pieces would then be pages that nobody can release. */
const chunkBytesMin = Buffer.poolSize / 2;
const gunzipElsewhere = promisify(gunzip);

/** Throws Fault `unavailable` for what unpacks to more than `bytesMax`, before it is held whole. */
export async function unpacked(body: Buffer, encoding: string, bytesMax: number): Promise<Buffer> {
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip') throw new Fault('unavailable', `the page came in an encoding that was not asked for`);
  try {
    const atOnce = Math.min(bytesMax, unpackedAtOnceBytesMax);
    const saidBytes = body.length >= trailerBytes ? body.readUInt32LE(body.length - trailerBytes) : 0;
    if (body.length <= packedAtOnceBytesMax && saidBytes <= atOnce) {
      const page = unpackedAtOnce(body, atOnce, saidBytes);
      if (page) return page;
    }
    return await gunzipElsewhere(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if (isTooLarge(error))
      throw new Fault('unavailable', `the page unpacks to more than pageBytesMax (${bytesMax} bytes)`);
    throw new Fault('unavailable', `the page cannot be unpacked: ${messageOf(error)}`, { cause: error });
  }
}

/** Undefined where it is larger. */
function unpackedAtOnce(body: Buffer, bytesMax: number, saidBytes: number): Buffer | undefined {
  try {
    return gunzipSync(body, { maxOutputLength: bytesMax, chunkSize: Math.max(chunkBytesMin, saidBytes + 1) });
  } catch (error) {
    if (isTooLarge(error)) return undefined;
    throw error;
  }
}

function isTooLarge(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
}
