import type { FastifyReply } from 'fastify';
import { Fault, type FaultCode, messageOf } from '../../../base/fault.ts';
import { QueryStoppedError } from '../../query/query.ts';

const statusOf: Partial<Record<FaultCode, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  overloaded: 429,
  unavailable: 503,
  'disk-full': 503,
  corrupt: 500,
};
const canceledStatus = 499;
const timeoutStatus = 504;
const retryAfterSeconds = 1;

/** A text and a status, which is all that Loki's clients look at. Tells whether it was a defect of ours. */
export function sendError(reply: FastifyReply, error: unknown): { isDefect: boolean } {
  const status = errorStatus(error);
  if (status === 429 || status === 503) reply.header('retry-after', retryAfterSeconds);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  const isDefect = status === 500 && !(error instanceof Fault);
  const message = isDefect ? 'the server failed; its log says why' : messageOf(error);
  reply.code(status).type('text/plain; charset=utf-8').header('x-content-type-options', 'nosniff').send(message);
  return { isDefect };
}

function errorStatus(error: unknown): number {
  if (error instanceof QueryStoppedError) return error.why === 'canceled' ? canceledStatus : timeoutStatus;
  if (error instanceof Fault) return statusOf[error.code] ?? 400;
  const { statusCode = 500 } = error as { statusCode?: number };
  return Math.min(statusCode, 500);
}
