import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault, type FaultCode, messageOf } from '../../../base/fault.ts';
import type { BodyBudget } from '../body.ts';
import { checkedStreams } from './check-push.ts';
import { Problems } from './problems.ts';
import { readLokiJson } from './read-loki-json.ts';
import { readLokiPush } from './read-loki-push.ts';
import type { ReceivedStream } from './received-stream.ts';
import type { Taker } from './taker.ts';
import { unpacked } from './unpack.ts';
import { pushTenant } from './writer.ts';

const path = '/loki/api/v1/push';
export const retryAfterSeconds = 1;

/** Loki's push: what is good is stored, and 400 tells the first problem of what is not. */
export function registerLokiPush(app: FastifyInstance, taker: Taker, budget: BodyBudget): void {
  app.register(async (scope) => {
    scope.addHook('onRequest', async (request) => void pushTenant(taker.principalOf(request), request));
    readBodies(scope, budget);
    scope.setErrorHandler((error, request, reply) => {
      const status = statusOf(error);
      taker.refused(status, error, request);
      const text = status === 500 ? 'the server failed; its log says why' : messageOf(error);
      return sendText(reply, status, text);
    });
    scope.post(path, async (request, reply) => {
      const problems = new Problems();
      const received = await readRequest(request);
      const streams = checkedStreams(received, taker.nowMs(), problems);
      await taker.take('loki', taker.principalOf(request), request, streams, problems);
      if (problems.any) return sendText(reply, 400, problems.text);
      return reply.code(204).send();
    });
  });
}

async function readRequest(request: FastifyRequest): Promise<ReceivedStream[]> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const plain = await unpacked(body, String(request.headers['content-encoding'] ?? 'identity').toLowerCase());
  if (mediaOf(request) === 'application/json') return readLokiJson(plain);
  return readLokiPush(plain);
}

export function mediaOf({ headers }: FastifyRequest): string {
  return String(headers['content-type'] ?? '')
    .split(';')[0]!
    .trim()
    .toLowerCase();
}

/** Bodies of any type, bounded one by one and together. */
export function readBodies(scope: FastifyInstance, budget: BodyBudget): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
    budget.receive(request, payload),
  );
  scope.addHook('onResponse', async (request) => budget.release(request));
  scope.addHook('onRequestAbort', async (request) => budget.release(request));
}

const statuses: Partial<Record<FaultCode, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  overloaded: 429,
  unavailable: 503,
  'disk-full': 503,
};

/** Clients try again at 429 and 5xx, and give up at anything else. */
export function statusOf(error: unknown): number {
  if (error instanceof Fault) return statuses[error.code] ?? 400;
  const { statusCode = 500 } = error as { statusCode?: number };
  return Math.min(statusCode, 500);
}

function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  if (status === 429 || status === 503) reply.header('retry-after', retryAfterSeconds);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(status).type('text/plain; charset=utf-8').send(`${text}\n`);
}
