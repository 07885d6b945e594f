import type { StatusLike } from './client.ts';

/** An answer of the API server that is not a success. `details` is the Status's own, where it sent one. */
export class ApiError extends Error implements StatusLike {
  readonly code: number;
  readonly reason: string;
  readonly details: Record<string, unknown> | undefined;
  /** What Retry-After asked for. */
  readonly retryAfterMs: number | undefined;

  constructor(status: StatusLike, options: { details?: Record<string, unknown>; retryAfterMs?: number } = {}) {
    super(status.message);
    this.name = 'ApiError';
    this.code = status.code;
    this.reason = status.reason;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** More text than this of an answer that is not a Status is not repeated to the reader. */
const foreignTextMax = 500;

/** The reasons that Kubernetes gives where the answer names none (a proxy's, a kubelet's). */
const reasons: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** From the body of an answer, which is a Status as JSON or anything at all. */
export function apiErrorOf(code: number, body: string, retryAfter?: string): ApiError {
  const retryAfterMs = retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined;
  const options = retryAfterMs === undefined ? {} : { retryAfterMs };
  const status = parsedStatus(body);
  if (status) return apiErrorOfStatus(status, code, options);
  const text = body.trim().slice(0, foreignTextMax);
  const reason = reasons[code] ?? 'Unknown';
  return new ApiError({ code, reason, message: text || `the server answered ${code} (${reason})` }, options);
}

/** From a Status, as the `object` of an ERROR event in a watch. */
export function apiErrorOfStatus(
  status: Record<string, unknown>,
  code = 500,
  options: { retryAfterMs?: number } = {},
): ApiError {
  const actual = typeof status.code === 'number' ? status.code : code;
  const reason = typeof status.reason === 'string' && status.reason ? status.reason : (reasons[actual] ?? 'Unknown');
  const message = typeof status.message === 'string' && status.message ? status.message : reason;
  const details = status.details;
  return new ApiError({ code: actual, reason, message }, { ...options, ...(isRecord(details) ? { details } : {}) });
}

export function isApiError(error: unknown, code: number): error is ApiError {
  return error instanceof ApiError && error.code === code;
}

function parsedStatus(body: string): Record<string, unknown> | undefined {
  if (!body.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) && value.kind === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
