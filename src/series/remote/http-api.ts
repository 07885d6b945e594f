import { Fault, messageOf } from '../../base/fault.ts';
import { QueryError, QueryStoppedError, type Scope } from '../query/query.ts';

export interface RemoteAccess {
  /** Of the server's root, or what stands before `/api/v1` there. */
  url: URL;
  /** Asked before every request, so that a token that is renewed is seen. */
  headers: () => Record<string, string>;
  /** The header that names the tenant, as `X-Scope-OrgID` does for Mimir. Without it there is the tenant `default` alone. */
  tenantHeader: string | null;
  timeoutMs: number;
}

const answerBytesMax = 256 * 1024 * 1024;
const errorBytesMax = 64 * 1024;

/** Asks an API like Prometheus's. A POST, since selectors can be longer than a URL may be. Rejects with a Fault, worded as the server did. */
export async function callApi(
  access: RemoteAccess,
  { tenant }: Scope,
  path: string,
  form: URLSearchParams,
  { method = 'POST', signal }: { method?: 'GET' | 'POST'; signal?: AbortSignal } = {},
): Promise<Response> {
  const url = new URL(`${access.url.pathname.replace(/\/$/, '')}${path}`, access.url);
  if (method === 'GET') url.search = form.toString();
  const timeout = AbortSignal.timeout(access.timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      redirect: 'error',
      headers: { ...access.headers(), ...tenantHeaders(access, tenant) },
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
      ...(method === 'POST' && { body: form }),
    });
    if (response.ok) return response;
    throw faultOf(access, response.status, await textOf(response, errorBytesMax));
  } catch (error) {
    if (error instanceof Fault) throw error;
    if (signal?.aborted) throw new QueryStoppedError('canceled');
    if (timeout.aborted) throw new QueryStoppedError('timeout');
    throw new Fault('unavailable', `the series server at ${access.url.origin} does not answer: ${causeOf(error)}`, {
      cause: error,
    });
  }
}

/** `data` of a whole answer, and its warnings. */
export async function dataOf<T>(
  response: Response,
): Promise<{ data: T; warnings: readonly string[]; infos: readonly string[] }> {
  const text = await textOf(response, answerBytesMax);
  try {
    const { data, warnings = [], infos = [] } = JSON.parse(text);
    return { data, warnings, infos };
  } catch (error) {
    throw new Fault('unavailable', 'the series server answered with something that is not JSON', { cause: error });
  }
}

export function tenantHeaders({ tenantHeader, url }: RemoteAccess, tenant: string): Record<string, string> {
  if (tenantHeader !== null) return { [tenantHeader]: tenant };
  if (tenant === 'default') return {};
  throw new Fault('forbidden', `the series at ${url.origin} are of the tenant "default"; there is none of ${tenant}`, {
    hint: 'name the header that tells tenants apart with --series-tenant-header',
  });
}

function faultOf({ url }: RemoteAccess, status: number, text: string): Error {
  let told: { errorType?: string; error?: string } = {};
  try {
    told = JSON.parse(text);
  } catch {
    // Not the API's words: the status has to do.
  }
  const message =
    told.error ?? `the series server at ${url.origin} answered with status ${status}: ${text.slice(0, 200)}`;
  if (told.errorType === 'execution' || status === 422) return new QueryError(message);
  if (told.errorType === 'timeout') return new QueryStoppedError('timeout');
  if (told.errorType === 'canceled' || status === 499) return new QueryStoppedError('canceled');
  if (status === 429) return new Fault('overloaded', message);
  if (status === 401 || status === 403)
    return new Fault('unavailable', `the series server at ${url.origin} does not let us in: ${message}`);
  return new Fault(status === 400 || status === 413 ? 'bad-request' : 'unavailable', message);
}

async function textOf(response: Response, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Fault('unavailable', `the series server's answer is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** What is behind "fetch failed". */
function causeOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause ? error.cause : error);
}
