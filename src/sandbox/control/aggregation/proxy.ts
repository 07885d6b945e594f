import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../../base/fault.ts';
import { type Answer, type ApiRequest, StatusError } from '../../../kubernetes/serve/serve.ts';
import type { ExtensionConnection, Upgraded } from './extension-connection.ts';
import { answeredHeaders, forwardedHeaders, remoteUserHeaders } from './remote-user.ts';
import type { Address } from './resolve.ts';

/** In the words, and as plain text, that the aggregator answers with: clients make their own sentence of it. */
export function unavailableText(text = 'service unavailable', code = 503): Answer {
  return {
    stream: (response) => {
      const body = `${text}\n`;
      response.writeHead(code, {
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-cache, private',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    },
  };
}

/** Passes a request on to an extension server in its user's name, and the answer back as it comes. */
export async function proxied(
  request: ApiRequest,
  connection: ExtensionConnection,
  address: Address,
  timeoutMs: number | undefined,
): Promise<Answer> {
  const { incoming, method, user } = request;
  if (request.upgrade) return proxiedUpgrade(request, request.upgrade, connection, address);
  const body = await request.readRaw();
  const time = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const signal = time ? AbortSignal.any([request.signal, time]) : request.signal;
  const headers = { ...forwardedHeaders(incoming.headers), ...remoteUserHeaders(user) };
  let upstream: IncomingMessage;
  try {
    const sends = body.length > 0 || ['POST', 'PUT', 'PATCH'].includes(method);
    const path = incoming.url ?? '/';
    upstream = await connection.ask(address, { method, path, headers, body: sends ? body : undefined, signal });
  } catch (error) {
    if (time?.aborted) throw timedOut();
    return unavailableText(messageOf(error));
  }
  return answerOf(upstream, signal);
}

function answerOf(upstream: IncomingMessage, signal: AbortSignal): Answer {
  if (!isRedirect(upstream)) return { stream: (response) => pipe(upstream, response, signal) };
  upstream.destroy();
  return unavailableText('the backend attempted to redirect this request, which is not permitted', 502);
}

type Upgrade = NonNullable<ApiRequest['upgrade']>;

/** A connection that speaks something else is handed through, byte by byte, until either side ends it. */
async function proxiedUpgrade(
  request: ApiRequest,
  client: Upgrade,
  connection: ExtensionConnection,
  address: Address,
): Promise<Answer> {
  const { incoming, method, user, signal } = request;
  request.becomeLongRunning();
  const wish = { connection: 'Upgrade', upgrade: incoming.headers.upgrade ?? '' };
  const headers = { ...forwardedHeaders(incoming.headers), ...remoteUserHeaders(user), ...wish };
  try {
    const path = incoming.url ?? '/';
    const upstream = await connection.askUpgrade(address, { method, path, headers, signal });
    if (!('head' in upstream)) return answerOf(upstream, signal);
    return { stream: () => join(client, upstream, signal) };
  } catch (error) {
    return unavailableText(messageOf(error));
  }
}

function join(client: Upgrade, { answer, socket, head }: Upgraded, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      client.socket.destroy();
      socket.destroy();
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    client.socket.once('close', end);
    socket.once('close', end);
    socket.on('error', end);
    const { statusMessage = '', rawHeaders, headers } = answer;
    const kept = answeredHeaders(rawHeaders, headers.connection).map(([name, value]) => `${name}: ${value}\r\n`);
    client.socket.write(
      `HTTP/1.1 101 ${statusMessage}\r\nConnection: Upgrade\r\nUpgrade: ${headers.upgrade}\r\n${kept.join('')}\r\n`,
      'latin1',
    );
    client.socket.write(head);
    socket.write(client.head);
    socket.pipe(client.socket);
    client.socket.pipe(socket);
  });
}

function timedOut(): StatusError {
  return new StatusError(504, 'Timeout', 'Timeout: request did not complete within the allotted timeout', {});
}

function isRedirect({ statusCode = 0, headers }: IncomingMessage): boolean {
  return statusCode >= 300 && statusCode <= 399 && headers.location !== undefined;
}

/** Ends when either side does. An answer that was cut short is cut short here too, so that nobody takes it for whole. */
function pipe(upstream: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cut = () => response.destroy();
    signal.addEventListener('abort', cut, { once: true });
    response.once('close', () => {
      signal.removeEventListener('abort', cut);
      upstream.destroy();
      resolve();
    });
    upstream.once('error', cut);
    upstream.once('aborted', cut);
    response.sendDate = false;
    const { statusCode = 502, statusMessage = '', rawHeaders, headers } = upstream;
    response.writeHead(statusCode, statusMessage, answeredHeaders(rawHeaders, headers.connection).flat());
    response.flushHeaders();
    upstream.pipe(response);
  });
}
