import type { FastifyInstance, FastifyRequest } from 'fastify';
import { release } from '../../../base/release.ts';
import type { BodyBudget } from '../body.ts';
import { checkedStreams } from './check-push.ts';
import { Problems } from './problems.ts';
import { mediaOf, plainBody, takePushes } from './push-requests.ts';
import { readLokiJson } from './read-loki-json.ts';
import { readLokiPush } from './read-loki-push.ts';
import type { ReceivedStream } from './received-stream.ts';
import type { Taker } from './taker.ts';

const path = '/loki/api/v1/push';
const textType = 'text/plain; charset=utf-8';

/** Loki's push: what is good is stored, and 400 tells the first problem of what is not. */
export function registerLokiPush(app: FastifyInstance, taker: Taker, budget: BodyBudget): void {
  app.register(async (scope) => {
    takePushes(scope, taker, budget, (_, reply, text) => reply.type(textType).send(`${text}\n`));
    scope.post(path, async (request, reply) => {
      const problems = new Problems();
      const received = await readRequest(request);
      const streams = checkedStreams(received, taker.nowMs(), problems);
      await taker.take('loki', taker.principalOf(request), request, streams, problems);
      // All streams of a request lie in one piece of memory, and so do their columns.
      for (const { bytes } of streams.slice(0, 1)) release(bytes);
      if (Buffer.isBuffer(request.body)) release(request.body);
      if (problems.any) return reply.code(400).type(textType).send(`${problems.text}\n`);
      return reply.code(204).send();
    });
  });
}

async function readRequest(request: FastifyRequest): Promise<ReceivedStream[]> {
  const plain = await plainBody(request);
  if (mediaOf(request) === 'application/json') return readLokiJson(plain);
  return readLokiPush(plain);
}
