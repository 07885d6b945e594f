import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../../base/fault.ts';
import type { BodyBudget } from '../body.ts';
import { checkedStreams } from './check-push.ts';
import type { ResourceLogs } from './otlp-model.ts';
import { otlpStreams } from './otlp-streams.ts';
import { Problems } from './problems.ts';
import { mediaOf, plainBody, takePushes } from './push-requests.ts';
import { readOtlpJson } from './read-otlp-json.ts';
import { readOtlpProtobuf } from './read-otlp-protobuf.ts';
import type { Taker } from './taker.ts';

const paths = ['/otlp/v1/logs', '/v1/logs'];
const protobufType = 'application/x-protobuf';
const jsonType = 'application/json';

/** Logs by OTLP over HTTP, as protocol buffers or JSON. What is not taken is told as a partial success. */
export function registerOtlpLogs(app: FastifyInstance, taker: Taker, budget: BodyBudget): void {
  app.register(async (scope) => {
    takePushes(scope, taker, budget, (request, reply, message) =>
      send(request, reply, { message }, statusMessage(message)),
    );
    for (const path of paths) {
      scope.post(path, async (request, reply) => {
        const problems = new Problems();
        const nowMs = taker.nowMs();
        const streams = checkedStreams(otlpStreams(await readRequest(request), nowMs), nowMs, problems);
        await taker.take('otlp', taker.principalOf(request), request, streams, problems);
        if (!problems.any) return send(request, reply, {}, Buffer.alloc(0));
        const partialSuccess = { rejectedLogRecords: String(problems.lineCount), errorMessage: problems.text };
        const count = Buffer.concat([Buffer.from([0x08]), varint(problems.lineCount)]);
        const message = lengthDelimited(1, Buffer.concat([count, statusMessage(problems.text)]));
        return send(request, reply, { partialSuccess }, message);
      });
    }
  });
}

async function readRequest(request: FastifyRequest): Promise<ResourceLogs[]> {
  const media = mediaOf(request);
  if (media !== protobufType && media !== jsonType)
    throw new Fault('bad-request', `content type: ${media || 'none'} is not supported`);
  const plain = await plainBody(request);
  return media === jsonType ? readOtlpJson(plain) : readOtlpProtobuf(plain);
}

/** In the form in which the request came. */
function send(request: FastifyRequest, reply: FastifyReply, json: object, protobuf: Buffer): FastifyReply {
  if (mediaOf(request) === jsonType) return reply.type(jsonType).send(JSON.stringify(json));
  return reply.type(protobufType).send(protobuf);
}

/** Field 2 is the message of a google.rpc.Status, and of a partial success. */
function statusMessage(message: string): Buffer {
  return lengthDelimited(2, Buffer.from(message));
}

function lengthDelimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + 2]), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
