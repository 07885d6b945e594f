import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Fault, messageOf } from '../../base/fault.ts';
import { releaseOwn } from '../../base/release.ts';
import type { ClusterAccess, KubeObject, KubernetesClient, RequestOptions } from './client.ts';
import { apiErrorOf } from './status.ts';

export interface ClientLimits {
  /** For a whole request, or for a stream until its answer begins; RequestOptions.timeoutMs goes before it. */
  timeoutMs: number;
  /** One answer that is not a stream; a page of a list is the largest. */
  answerBytesMax: number;
  /** Connections at once, watches included. */
  connectionsMax: number;
}

const defaultLimits: ClientLimits = {
  timeoutMs: 30_000,
  answerBytesMax: 64 * 1024 * 1024,
  connectionsMax: 256,
};

/** An idle watch whose peer died is noticed by TCP itself, not only by the watch's own time-out. */
const tcpKeepAliveMs = 30_000;
const errorTextBytesMax = 64 * 1024;

export function createClient(access: ClusterAccess, limits: Partial<ClientLimits> = {}): KubernetesClient {
  return new HttpClient(access, { ...defaultLimits, ...limits });
}

/** Invariant: `#agent` carries exactly the TLS material of `#agentKey`; when the material changes, a new agent takes over. */
class HttpClient implements KubernetesClient {
  readonly access: ClusterAccess;
  #limits: ClientLimits;
  #agent: HttpAgent | undefined;
  #agentKey = '';
  #closed = false;

  constructor(access: ClusterAccess, limits: ClientLimits) {
    this.access = access;
    this.#limits = limits;
  }

  async request<T = KubeObject>(path: string, options: RequestOptions = {}): Promise<T> {
    return withDeadline(this.#timeoutOf(options), this.access.server, options.signal, async (signal) => {
      const answer = await this.#answer(path, options, signal, 'application/json');
      const text = await bodyText(answer, this.#limits.answerBytesMax);
      if (text.length === 0) return {} as T;
      try {
        return JSON.parse(text) as T;
      } catch {
        throw new Fault('unavailable', `${this.access.server}${path} answered with something that is not JSON`);
      }
    });
  }

  async stream(path: string, options: RequestOptions = {}): Promise<AsyncIterable<Buffer>> {
    const { signal } = options;
    const life = new AbortController();
    const onAbort = () => life.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      signal?.throwIfAborted();
      const answer = await withDeadline(this.#timeoutOf(options), this.access.server, undefined, (deadline) => {
        deadline.addEventListener('abort', () => life.abort(deadline.reason), { once: true });
        return this.#answer(path, options, life.signal, '*/*');
      });
      return chunksOf(answer, this.access.server, signal, () => signal?.removeEventListener('abort', onAbort));
    } catch (error) {
      signal?.removeEventListener('abort', onAbort);
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  #timeoutOf(options: RequestOptions): number {
    return options.timeoutMs ?? this.#limits.timeoutMs;
  }

  /** The answer's head, a success; its body is still to be read. */
  async #answer(path: string, options: RequestOptions, signal: AbortSignal, accept: string): Promise<IncomingMessage> {
    const answer = await this.#send(path, options, signal, accept);
    const code = answer.statusCode ?? 0;
    if (code >= 200 && code < 300) return answer;
    if (code === 401) this.access.onUnauthorized?.();
    const text = await bodyText(answer, errorTextBytesMax).catch(() => '');
    throw apiErrorOf(code, text, answer.headers['retry-after']);
  }

  async #send(path: string, options: RequestOptions, signal: AbortSignal, accept: string): Promise<IncomingMessage> {
    const token = await this.access.token?.();
    const method = options.method ?? 'GET';
    const body = options.body === undefined ? undefined : bytesOf(options.body);
    const headers: OutgoingHttpHeaders = { accept, 'user-agent': 'taffrail' };
    if (token) headers.authorization = `Bearer ${token}`;
    if (body) {
      headers['content-type'] = options.contentType ?? 'application/json';
      headers['content-length'] = body.length;
    }
    const url = urlOf(this.access.server, path, options.query);
    for (let attempt = 0; ; attempt++) {
      const sent = await this.#attempt(url, method, headers, body, signal);
      if (!('failure' in sent)) return sent;
      // A kept connection that the server closed meanwhile says nothing about the request: it is made once more.
      if (attempt === 0 && sent.reused && method === 'GET' && !signal.aborted) continue;
      throw unreachable(this.access.server, sent.failure, signal);
    }
  }

  #attempt(
    url: URL,
    method: string,
    headers: OutgoingHttpHeaders,
    body: Buffer | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage | { failure: unknown; reused: boolean }> {
    return new Promise((resolve) => {
      try {
        if (signal.aborted) return resolve({ failure: signal.reason, reused: false });
        const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
        const request = send(url, { method, headers, signal, agent: this.#agentNow(url) });
        request.on('response', resolve);
        request.on('error', (failure) => resolve({ failure, reused: request.reusedSocket }));
        request.end(body);
      } catch (failure) {
        resolve({ failure, reused: false });
      }
    });
  }

  #agentNow(url: URL): HttpAgent {
    if (this.#closed) throw new Fault('unavailable', `the client of ${this.access.server} is closed`);
    const { ca, clientCertificate, clientKey, insecureSkipTlsVerify, tlsServerName } = this.access;
    const key = JSON.stringify([ca, clientCertificate, clientKey, insecureSkipTlsVerify, tlsServerName]);
    if (this.#agent && this.#agentKey === key) return this.#agent;
    const options = {
      keepAlive: true,
      keepAliveMsecs: tcpKeepAliveMs,
      maxSockets: this.#limits.connectionsMax,
      scheduling: 'lifo' as const,
    };
    const next =
      url.protocol === 'http:'
        ? new HttpAgent(options)
        : new HttpsAgent({
            ...options,
            ...(ca === undefined ? {} : { ca }),
            ...(clientCertificate === undefined ? {} : { cert: clientCertificate }),
            ...(clientKey === undefined ? {} : { key: clientKey }),
            ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
            rejectUnauthorized: !insecureSkipTlsVerify,
          });
    if (this.#agent) retire(this.#agent);
    this.#agent = next;
    this.#agentKey = key;
    return next;
  }
}

/** Connections in use end with their requests; nothing new is sent over them. */
function retire(agent: HttpAgent): void {
  (agent as unknown as { keepAlive: boolean }).keepAlive = false;
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

function bytesOf(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function urlOf(server: string, path: string, query: RequestOptions['query'] = {}): URL {
  const url = new URL(server.replace(/\/+$/, '') + path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.append(name, String(value));
  }
  return url;
}

/** Runs `work` with a signal that aborts with the caller's or after the time; the timer ends with the work. */
async function withDeadline<R>(
  timeoutMs: number,
  server: string,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const onAbort = () => controller.abort(outer?.reason);
  outer?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(
    () => controller.abort(new Fault('unavailable', `${server} did not answer within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', onAbort);
  }
}

async function bodyText(answer: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) {
        throw new Fault('unavailable', `the API server's answer is larger than answerBytesMax (${bytesMax} bytes)`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('unavailable', `the API server's answer broke off: ${messageOf(error)}`, { cause: error });
  }
  const body = Buffer.concat(chunks, bytes);
  const text = body.toString();
  // The pages of a long list come faster than the collector.
  for (const each of [...chunks, body]) if (each.length === each.buffer.byteLength) releaseOwn(each);
  return text;
}

async function* chunksOf(
  answer: IncomingMessage,
  server: string,
  signal: AbortSignal | undefined,
  done: () => void,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    throw unreachable(server, error, signal);
  } finally {
    answer.destroy();
    done();
  }
}

function unreachable(server: string, error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof Fault) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const message = messageOf(error) || code || 'unknown error';
  return new Fault('unavailable', `cannot reach the Kubernetes API at ${server}: ${message}`, {
    cause: error,
    ...hintOf(code),
  });
}

function hintOf(code: string | undefined): { hint?: string } {
  if (code === 'ECONNREFUSED') return { hint: 'is the cluster running, and is the address right?' };
  if (code !== undefined && /CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO/.test(code)) {
    return { hint: 'the kubeconfig names the authority that signed the server: certificate-authority(-data)' };
  }
  return {};
}
