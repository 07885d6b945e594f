import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

const pieceCharsMax = 64 * 1024;
const gzipLevel = 1;

/** Sends texts as one JSON body, as fast as the client takes them, compressed where it takes that and there is more than a little. */
export function sendJson(request: FastifyRequest, reply: FastifyReply, texts: Iterable<string>): FastifyReply {
  reply.type('application/json; charset=utf-8');
  const pieces = gathered(texts);
  const first = pieces.next();
  if (first.done) return reply.send('');
  const second = pieces.next();
  if (second.done) return reply.send(first.value);
  const body = Readable.from(rest([first.value, second.value], pieces), { objectMode: false });
  if (!/\bgzip\b(?!\s*;\s*q=0(\.0*)?\b)/i.test(String(request.headers['accept-encoding'] ?? '')))
    return reply.send(body);
  const gzip = createGzip({ level: gzipLevel });
  body.on('error', (error) => gzip.destroy(error));
  gzip.on('close', () => body.destroy());
  return reply.header('content-encoding', 'gzip').header('vary', 'Accept-Encoding').send(body.pipe(gzip));
}

export function sendData(request: FastifyRequest, reply: FastifyReply, data: unknown): FastifyReply {
  return sendJson(request, reply, [`{"status":"success","data":${JSON.stringify(data)}}`]);
}

function* gathered(texts: Iterable<string>): Generator<Buffer> {
  let text = '';
  for (const part of texts) {
    text += part;
    if (text.length < pieceCharsMax) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

function* rest(taken: Buffer[], pieces: Generator<Buffer>): Generator<Buffer> {
  yield* taken;
  yield* pieces;
}
