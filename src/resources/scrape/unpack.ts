import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Fault, messageOf } from '../../base/fault.ts';
import type { GrowingBuffer } from './growing-buffer.ts';
import { gunzipPlain } from './gunzip.ts';

const gunzipElsewhere = promisify(gunzip);

/**
 * Valid until `room`, where it may have its bytes, or the body is released. A small page is unpacked at once: handing it to another thread costs more
 * than it takes. Throws Fault `unavailable` for what unpacks to more than `bytesMax`, before it is held whole.
 */
export async function unpacked(body: Buffer, encoding: string, bytesMax: number, room: GrowingBuffer): Promise<Buffer> {
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip') throw new Fault('unavailable', `the page came in an encoding that was not asked for`);
  const plain = gunzipPlain(body);
  if (plain && plain.length <= bytesMax) {
    room.append(plain, 0, plain.length);
    return room.view();
  }
  try {
    room.adopt(await gunzipElsewhere(body, { maxOutputLength: bytesMax }));
    return room.view();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Fault('unavailable', `the page unpacks to more than pageBytesMax (${bytesMax} bytes)`);
    throw new Fault('unavailable', `the page cannot be unpacked: ${messageOf(error)}`, { cause: error });
  }
}
