import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer, ApiRequest } from './api.ts';
import { parseAccept } from './negotiation.ts';
import { parseFlag } from './options.ts';
import type { StatusError } from './status.ts';

/** A body that is no longer is sent as a text, which Node.js joins with the head of the answer. */
const joinedBytesMax = 16 * 1024;

/**
 * Writes an object in the syntax that the client prefers, or lets a stream write itself; resolves when it has been sent.
 * A client that has not taken an object within `timeoutMs` is cut off: what it does not read would stay in memory.
 */
export async function writeAnswer(
  request: ApiRequest,
  response: ServerResponse,
  answer: Answer,
  timeoutMs: number,
): Promise<void> {
  if ('stream' in answer) {
    await answer.stream(response);
    return;
  }
  const { body, contentType } = 'body' in answer ? answer : await rendered(request, answer);
  response.writeHead(answer.code, {
    'content-type': contentType,
    'content-length': body.length,
    'cache-control': 'no-cache, private',
    vary: 'Accept',
  });
  if (body.length <= joinedBytesMax) response.end(body.toString('latin1'), 'latin1');
  else response.end(body);
  await sent(response, timeoutMs);
}

async function rendered(
  { accept, query }: ApiRequest,
  { object, contentType }: { object: object; contentType?: string },
): Promise<{ body: Buffer; contentType: string }> {
  if (contentType === undefined && prefersYaml(accept))
    return { body: Buffer.from(await yamlOf(object)), contentType: 'application/yaml' };
  const text = jsonOf(object, parseFlag(query, 'pretty'));
  return { body: Buffer.from(text), contentType: contentType ?? 'application/json' };
}

function sent(response: ServerResponse, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed) return resolve();
    const stalled = setTimeout(() => response.destroy(), timeoutMs);
    response.once('close', () => {
      clearTimeout(stalled);
      resolve();
    });
  });
}

/** After the headers nothing can be said any more but that it broke. */
export function writeRefusal(incoming: IncomingMessage, response: ServerResponse, refusal: StatusError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify(refusal.toStatus());
  const { retryAfterSeconds } = refusal.details ?? {};
  response.writeHead(refusal.code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-cache, private',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    // What is left of a body that was not read must not be taken for the next request.
    // Nor does who is not known keep a connection: what was believed of its certificate was decided when it was opened.
    ...(incoming.complete && refusal.code !== 401 ? {} : { connection: 'close' }),
  });
  response.end(body);
}

function prefersYaml(accept: string | undefined): boolean {
  const first = parseAccept(accept ?? '').find(({ type }) => type === 'application/yaml' || /json$|\*$/.test(type));
  return first?.type === 'application/yaml';
}

async function yamlOf(object: object): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(object);
}

function jsonOf(object: object, pretty: boolean): string {
  return `${JSON.stringify(object, null, pretty ? 2 : undefined)}\n`;
}
