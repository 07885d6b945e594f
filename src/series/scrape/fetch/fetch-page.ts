import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../../../base/fault.ts';
import { version } from '../../../base/version.ts';
import type { ClusterAccess } from '../../../kubernetes/client/client.ts';
import type { JobConfig } from '../config/config.ts';
import { acceptHeader } from './accept.ts';
import { type Credentials, credentialsOf } from './credentials.ts';

export interface Page {
  body: Buffer;
  contentType: string | undefined;
}

export interface PageFetcher {
  /** Rejects with an Error for people: the time is over, the answer is no page, too large, cut. */
  fetch(url: URL, timeoutMs: number, signal: AbortSignal): Promise<Page>;
  close(): void;
}

/** A page is never larger, whatever the configuration allows; it has to fit in memory several times over. */
export const pageBytesMax = 256 * 1024 * 1024;
const redirectsMax = 10;
/** Of what another server says, in a message. */
const shownCharsMax = 200;
const redirectCodes = new Set([301, 302, 303, 307, 308]);
/** A reverse proxy's connection that was closed while it was idle is not the target's fault. */
const attemptsMax = 2;

export function createPageFetcher(job: JobConfig, access: ClusterAccess | undefined): PageFetcher {
  return new HttpPageFetcher(job, credentialsOf(job.http, access));
}

/** Invariant: `#agent` carries exactly the TLS material of `#agentKey`. */
class HttpPageFetcher implements PageFetcher {
  readonly #job: JobConfig;
  readonly #credentials: Credentials;
  readonly #bytesMax: number;
  #plain = new HttpAgent({ keepAlive: true });
  #agent: HttpsAgent | undefined;
  #agentKey = '';

  constructor(job: JobConfig, credentials: Credentials) {
    this.#job = job;
    this.#credentials = credentials;
    this.#bytesMax = job.bodyBytesMax > 0 ? Math.min(job.bodyBytesMax, pageBytesMax) : pageBytesMax;
  }

  async fetch(url: URL, timeoutMs: number, signal: AbortSignal): Promise<Page> {
    const deadline = new AbortController();
    const onAbort = () => deadline.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const late = new Error(`no whole answer within scrape_timeout (${timeoutMs / 1000} s)`);
    const timer = setTimeout(() => deadline.abort(late), timeoutMs);
    try {
      signal.throwIfAborted();
      return await this.#follow(url, timeoutMs, deadline.signal);
    } catch (error) {
      throw deadline.signal.aborted ? deadline.signal.reason : error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  close(): void {
    this.#plain.destroy();
    this.#agent?.destroy();
  }

  async #follow(first: URL, timeoutMs: number, signal: AbortSignal): Promise<Page> {
    let url = first;
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#answer(url, url.host === first.host, timeoutMs, signal);
      const { statusCode = 0, headers } = answer;
      if (statusCode === 200) {
        const body = await bodyOf(answer, this.#bytesMax, signal);
        return { body, contentType: headers['content-type'] };
      }
      answer.destroy();
      const to = redirectCodes.has(statusCode) && this.#job.http.followRedirects ? headers.location : undefined;
      if (to === undefined)
        throw new Error(`server returned HTTP status ${statusCode} ${answer.statusMessage ?? ''}`.trim());
      if (redirects === redirectsMax) throw new Error(`stopped after ${redirectsMax} redirects`);
      url = redirected(to, url);
    }
  }

  /** Credentials are the first host's: another one that it redirects to does not get them. */
  async #answer(url: URL, withCredentials: boolean, timeoutMs: number, signal: AbortSignal): Promise<IncomingMessage> {
    const authorization = withCredentials ? await this.#credentials.authorization() : undefined;
    const headers = {
      ...this.#job.http.headers,
      accept: acceptHeader(this.#job.protocols),
      'accept-encoding': this.#job.compression ? 'gzip' : 'identity',
      'user-agent': `Taffrail/${version}`,
      'x-prometheus-scrape-timeout-seconds': String(timeoutMs / 1000),
      ...(authorization === undefined ? {} : { authorization }),
    };
    for (let attempt = 1; ; attempt++) {
      const sent = await send(url, headers, this.#agentFor(url), signal);
      if (!('failure' in sent)) return sent;
      if (!sent.reused || attempt === attemptsMax || signal.aborted) throw sent.failure;
    }
  }

  #agentFor(url: URL): HttpAgent {
    if (url.protocol === 'http:') return this.#plain;
    const { servername, ...material } = this.#credentials.tls();
    const key = JSON.stringify([material, servername]);
    if (this.#agent && this.#agentKey === key) return this.#agent;
    this.#agent?.destroy();
    this.#agentKey = key;
    const given = Object.fromEntries(Object.entries(material).filter(([, value]) => value !== undefined));
    this.#agent = new HttpsAgent({ keepAlive: true, ...given, ...(servername === undefined ? {} : { servername }) });
    return this.#agent;
  }
}

function redirected(location: string, from: URL): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new Error(`the redirect to ${JSON.stringify(location.slice(0, shownCharsMax))} cannot be followed`);
}

type Sent = IncomingMessage | { failure: Error; reused: boolean };

function send(url: URL, headers: Record<string, string>, agent: HttpAgent, signal: AbortSignal): Promise<Sent> {
  return new Promise((resolve) => {
    const start = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const request = start(url.href, { headers, agent, signal });
    request.on('response', resolve);
    request.on('error', (failure: NodeJS.ErrnoException) => {
      const text = messageOf(failure) || failure.code || 'unknown error';
      resolve({ failure: new Error(`Get "${withoutPassword(url)}": ${text}`), reused: request.reusedSocket });
    });
    request.end();
  });
}

function withoutPassword(url: URL): string {
  const shown = new URL(url.href);
  if (shown.password !== '') shown.password = 'xxxxx';
  return shown.href;
}

/** The body, unpacked; what is sent and what comes out of it are both limited. */
async function bodyOf(answer: IncomingMessage, bytesMax: number, signal: AbortSignal): Promise<Buffer> {
  const encoding = answer.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'gzip' && encoding !== 'identity') {
    answer.destroy();
    throw new Error(`the answer has the Content-Encoding ${JSON.stringify(encoding)}, which was not asked for`);
  }
  const stream = encoding === 'gzip' ? answer.pipe(createGunzip()) : answer;
  answer.once('aborted', () => stream.destroy(new Error('the answer broke off')));
  const onAbort = () => stream.destroy(new Error('aborted'));
  signal.addEventListener('abort', onAbort, { once: true });
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new Error(`body_size_limit exceeded: the page is larger than ${bytesMax} bytes`);
      chunks.push(chunk);
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!answer.complete) answer.destroy();
  }
  return Buffer.concat(chunks, bytes);
}
