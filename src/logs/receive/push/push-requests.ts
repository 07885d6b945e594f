import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault, type FaultCode, messageOf } from '../../../base/fault.ts';
import type { BodyBudget } from '../body.ts';
import type { Taker } from './taker.ts';
import { unpacked } from './unpack.ts';
import { pushTenant } from './writer.ts';

/* What the protocols that push have in common as HTTP. */

const retryAfterSeconds = 1;

export function mediaOf({ headers }: FastifyRequest): string {
  return String(headers['content-type'] ?? '')
    .split(';')[0]!
    .trim()
    .toLowerCase();
}

/** What all routes that take pushes do alike: who may, how bodies are read, what is refused and why. `send` words the refusal. */
export function takePushes(
  scope: FastifyInstance,
  taker: Taker,
  budget: BodyBudget,
  send: (request: FastifyRequest, reply: FastifyReply, text: string) => FastifyReply,
): void {
  scope.addHook('onRequest', async (request) => void pushTenant(taker.principalOf(request), request));
  readBodies(scope, budget);
  scope.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    taker.refused(status, error, request);
    if (status === 429 || status === 503) reply.header('retry-after', retryAfterSeconds);
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    return send(request, reply.code(status), status === 500 ? 'the server failed; its log says why' : messageOf(error));
  });
}

/** The body, without what it was packed into for the way. Throws Fault `bad-request`. */
export function plainBody({ body, headers }: FastifyRequest): Promise<Buffer> {
  const encoding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
  return unpacked(Buffer.isBuffer(body) ? body : Buffer.alloc(0), encoding);
}

/** Bodies of any type, bounded one by one and together. */
function readBodies(scope: FastifyInstance, budget: BodyBudget): void {
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
function statusOf(error: unknown): number {
  if (error instanceof Fault) return statuses[error.code] ?? 400;
  const { statusCode = 500 } = error as { statusCode?: number };
  return Math.min(statusCode, 500);
}
