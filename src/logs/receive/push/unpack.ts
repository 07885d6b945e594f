import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';
import { Fault, messageOf } from '../../../base/fault.ts';
import { pushLimits } from './limits.ts';

type Unpack = (body: Buffer) => Promise<Buffer>;

const options = { maxOutputLength: pushLimits.decodedBytesMax };
const asGzip = promisify(gunzip);
const asZlib = promisify(inflate);
const asDeflate = promisify(inflateRaw);
const asZstd = promisify(zstdDecompress);

/** `snappy` is the protocol buffers' own and undone with them. `deflate` is sent with and without zlib's header. */
const unpackings: Record<string, Unpack> = {
  identity: async (body) => body,
  snappy: async (body) => body,
  gzip: (body) => asGzip(body, options),
  deflate: (body) => (hasZlibHeader(body) ? asZlib(body, options) : asDeflate(body, options)),
  zstd: (body) => asZstd(body, options),
};

/** Undoes a content encoding. Throws Fault `bad-request`. */
export async function unpacked(body: Buffer, encoding: string): Promise<Buffer> {
  const unpack = Object.hasOwn(unpackings, encoding) ? unpackings[encoding] : undefined;
  if (!unpack) throw new Fault('bad-request', `Content-Encoding ${JSON.stringify(encoding)} not supported`);
  try {
    return await unpack(body);
  } catch (error) {
    const isLarge = (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
    const why = isLarge ? `it has more than ${pushLimits.decodedBytesMax} bytes (decodedBytesMax)` : messageOf(error);
    throw new Fault('bad-request', `the body cannot be unpacked as ${encoding}: ${why}`, { cause: error });
  }
}

function hasZlibHeader(body: Buffer): boolean {
  return body.length >= 2 && (body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}
