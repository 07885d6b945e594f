import type { FastifyReply } from 'fastify';
import { Fault, messageOf } from '../../../base/fault.ts';
import { ParseError, QueryError, QueryLimitError, QueryStoppedError } from '../../query/query.ts';

/** The kinds of errors that Prometheus's API knows. */
export type ErrorType =
  | 'timeout'
  | 'canceled'
  | 'execution'
  | 'bad_data'
  | 'internal'
  | 'unavailable'
  | 'not_found'
  | 'not_acceptable'
  | 'unauthorized'
  | 'too_many_requests';

const statusOf: Record<ErrorType, number> = {
  bad_data: 400,
  unauthorized: 401,
  not_found: 404,
  not_acceptable: 406,
  execution: 422,
  too_many_requests: 429,
  canceled: 499,
  internal: 500,
  timeout: 503,
  unavailable: 503,
};
const retryAfterSeconds = 1;

/** An error that is worded already. */
export class ApiError extends Fault {
  readonly type: ErrorType;

  constructor(type: ErrorType, message: string) {
    super(type === 'not_found' ? 'not-found' : type === 'unavailable' ? 'unavailable' : 'bad-request', message);
    this.type = type;
  }
}

export function badParameter(name: string, problem: string): ApiError {
  return new ApiError('bad_data', `invalid parameter ${JSON.stringify(name)}: ${problem}`);
}

/** Which of Prometheus's kinds an error is. Undefined: a defect of ours. */
export function typeOfError(error: unknown): ErrorType | undefined {
  if (error instanceof ApiError) return error.type;
  if (error instanceof ParseError) return 'bad_data';
  if (error instanceof QueryStoppedError) return error.reason;
  if (error instanceof QueryLimitError || error instanceof QueryError) return 'execution';
  if (!(error instanceof Fault)) return undefined;
  switch (error.code) {
    case 'unauthenticated':
    case 'forbidden':
      return 'unauthorized';
    case 'not-found':
      return 'not_found';
    case 'overloaded':
    case 'unavailable':
    case 'disk-full':
      return 'unavailable';
    case 'corrupt':
      return 'internal';
    default:
      return error.constructor === Fault ? 'bad_data' : 'execution';
  }
}

export function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  const type = typeOfError(error) ?? clientErrorOf(error) ?? 'internal';
  const message = typeOfError(error) || type !== 'internal' ? messageOf(error) : 'the server failed; its log says why';
  const status = error instanceof Fault && error.code === 'forbidden' ? 403 : statusOf[type];
  if (type === 'unavailable') reply.header('retry-after', retryAfterSeconds);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(status).send({ status: 'error', errorType: type, error: message });
}

/** What the web server itself refused: a body too large, an unknown type. */
function clientErrorOf(error: unknown): ErrorType | undefined {
  const { statusCode = 500 } = error as { statusCode?: number };
  return statusCode < 500 ? 'bad_data' : undefined;
}
