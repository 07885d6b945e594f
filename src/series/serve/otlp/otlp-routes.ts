import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault, messageOf } from '../../../base/fault.ts';
import type { SeriesWriter } from '../../store/store.ts';
import type { Surroundings } from '../routes/surroundings.ts';
import { problemTexts, takeIn } from '../write/intake.ts';
import { decodedBytesMax, registerTakingRoutes } from '../write/taking-routes.ts';
import { WriterStates } from '../write/writer-states.ts';
import { seriesOf } from './otlp-series.ts';
import { readJsonMetrics } from './read-json.ts';
import { readProtobufMetrics } from './read-protobuf.ts';

export interface OtlpParts extends Surroundings {
  writer: SeriesWriter;
  random: () => number;
}

const paths = ['/api/v1/otlp/v1/metrics', '/otlp/v1/metrics', '/v1/metrics'];
const protobufType = 'application/x-protobuf';
const jsonType = 'application/json';
const retryAfterSeconds = 1;

/** Metrics by OTLP over HTTP, as protocol buffers or JSON. What is not taken is told as a partial success. */
export function registerOtlpRoutes(app: FastifyInstance, parts: OtlpParts): void {
  const { writer, principalOf, metrics, log, random } = parts;
  const states = new WriterStates(random);
  const samples = metrics.counter('taffrail_otlp_samples_total', 'Samples by OTLP, by what became of them.');
  const rejected = metrics.counter('taffrail_otlp_points_rejected_total', 'Points by OTLP that could not be taken.');

  registerTakingRoutes(app, parts, (scope) => {
    scope.setErrorHandler((error, request, reply) => {
      const status = statusOf(error);
      if (status === 500) log.error('OTLP metrics could not be taken', { error: (error as Error).stack });
      if (status === 429 || status === 503) reply.header('retry-after', retryAfterSeconds);
      return answer(request, reply.code(status), { message: status === 500 ? 'the server failed' : messageOf(error) });
    });

    for (const path of paths) {
      scope.post(path, async (request, reply) => {
        const { tenant, namespaces } = principalOf(request);
        const body = await decoded(request);
        const { received, rejectedPoints, problems } = seriesOf(
          isJson(request) ? readJsonMetrics(body) : readProtobufMetrics(body),
        );
        const known = states.of(tenant, namespaces).otlp;
        const outcome = await takeIn(received, { tenant, namespaces }, writer, known);
        samples.add(outcome.written, { outcome: 'written' });
        for (const [reason, count] of outcome.refused) samples.add(count, { outcome: reason });
        if (rejectedPoints > 0) rejected.add(rejectedPoints);
        const refused = [...outcome.refused.values()].reduce((sum, count) => sum + count, 0);
        const told = [...problems, ...problemTexts(outcome)];
        return answer(
          request,
          reply,
          told.length === 0 ? {} : { rejected: rejectedPoints + refused, message: told.join('; ') },
        );
      });
    }
  });
}

function isJson({ headers }: FastifyRequest): boolean {
  return String(headers['content-type'] ?? '').startsWith(jsonType);
}

const unpack = promisify(gunzip);

async function decoded(request: FastifyRequest): Promise<Buffer> {
  const media = String(request.headers['content-type'] ?? '')
    .split(';')[0]!
    .trim();
  if (media !== protobufType && media !== jsonType) {
    throw new UnsupportedMedia(`${media || 'no'} content-type is not accepted; ${protobufType} and ${jsonType} are`);
  }
  const encoding = String(request.headers['content-encoding'] ?? 'identity').toLowerCase();
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip') throw new UnsupportedMedia(`${encoding} encoding is not accepted; gzip is`);
  try {
    return await unpack(body, { maxOutputLength: decodedBytesMax });
  } catch (error) {
    throw new Fault('bad-request', `the body cannot be unpacked: ${messageOf(error)}`, { cause: error });
  }
}

class UnsupportedMedia extends Error {}

function statusOf(error: unknown): number {
  if (error instanceof UnsupportedMedia) return 415;
  if (!(error instanceof Fault)) {
    const { statusCode = 500 } = error as { statusCode?: number };
    return Math.min(statusCode, 500);
  }
  const statuses: Partial<Record<typeof error.code, number>> = {
    unauthenticated: 401,
    forbidden: 403,
    overloaded: 429,
    unavailable: 503,
    'disk-full': 503,
  };
  return statuses[error.code] ?? 400;
}

/** A success without words, a partial one, or an error: each in the form in which the request came. */
function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { rejected, message }: { rejected?: number; message?: string },
): FastifyReply {
  const isError = message !== undefined && rejected === undefined;
  if (isJson(request)) {
    reply.type(jsonType);
    if (isError) return reply.send(JSON.stringify({ message }));
    if (message === undefined) return reply.send('{}');
    return reply.send(
      JSON.stringify({ partialSuccess: { rejectedDataPoints: String(rejected), errorMessage: message } }),
    );
  }
  reply.type(protobufType);
  if (message === undefined) return reply.send(Buffer.alloc(0));
  const text = Buffer.concat([Buffer.from([0x12]), lengthDelimited(Buffer.from(message))]);
  // google.rpc.Status has its message in field 2, and so has the partial success, which is field 1 of the answer.
  if (isError) return reply.send(text);
  const partial = Buffer.concat([Buffer.from([0x08]), varint(rejected ?? 0), text]);
  return reply.send(Buffer.concat([Buffer.from([0x0a]), lengthDelimited(partial)]));
}

function lengthDelimited(bytes: Buffer): Buffer {
  return Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
