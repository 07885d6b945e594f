import { Readable, type Transform } from 'node:stream';
import { createGzip, createZstdCompress } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { annotationsJson } from './query-json.ts';

/** A shorter answer is sent as it is. */
const compressedBytesMin = 1024;
const gzipLevel = 1;
/** An answer up to this length is sent in one piece: a stream costs more than it saves. */
const wholeBytesMax = 512 * 1024;

/** Sends a body as it comes, compressed where the client takes that and it is long enough. */
export async function sendPieces(
  request: FastifyRequest,
  reply: FastifyReply,
  pieces: AsyncIterable<Uint8Array>,
): Promise<FastifyReply> {
  const iterator = pieces[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let bytes = 0;
  let next = await iterator.next();
  for (; !next.done && bytes + next.value.length <= wholeBytesMax; next = await iterator.next()) {
    taken.push(next.value);
    bytes += next.value.length;
  }
  reply.type('application/json');
  const compressor = next.done && bytes < compressedBytesMin ? undefined : compressorFor(request);
  if (next.done && !compressor) return reply.send(Buffer.concat(taken));
  if (!next.done) taken.push(next.value);
  const body = Readable.from(rest(taken, iterator), { objectMode: false });
  if (!compressor) return reply.send(body);
  reply.header('content-encoding', compressor.name).header('vary', 'Accept-Encoding');
  body.on('error', (error) => compressor.stream.destroy(error));
  compressor.stream.on('close', () => body.destroy());
  return reply.send(body.pipe(compressor.stream));
}

async function* rest(taken: Uint8Array[], iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* taken;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

function compressorFor(request: FastifyRequest): { name: string; stream: Transform } | undefined {
  const accepted = String(request.headers['accept-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim().split(';'))
    .filter(([, quality]) => quality?.trim() !== 'q=0')
    .map(([name]) => name);
  if (accepted.includes('zstd')) return { name: 'zstd', stream: createZstdCompress() };
  if (accepted.includes('gzip')) return { name: 'gzip', stream: createGzip({ level: gzipLevel }) };
  return undefined;
}

/** Sends `data` as a success. `items` are written one after the other, so that no list becomes one string. */
export function sendList(
  request: FastifyRequest,
  reply: FastifyReply,
  items: Iterable<string>,
  warnings: readonly string[] = [],
): Promise<FastifyReply> {
  return sendPieces(request, reply, listPieces(items, warnings));
}

export function sendData(
  request: FastifyRequest,
  reply: FastifyReply,
  data: unknown,
  warnings: readonly string[] = [],
): Promise<FastifyReply> {
  const text = `{"status":"success","data":${JSON.stringify(data)}${annotationsJson('warnings', warnings)}}`;
  return sendPieces(request, reply, onePiece(Buffer.from(text)));
}

const pieceCharsMax = 64 * 1024;

async function* listPieces(items: Iterable<string>, warnings: readonly string[]): AsyncGenerator<Uint8Array> {
  let text = '{"status":"success","data":[';
  let separator = '';
  for (const item of items) {
    text += separator + item;
    separator = ',';
    if (text.length < pieceCharsMax) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(`${text}]${annotationsJson('warnings', warnings)}}`);
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
