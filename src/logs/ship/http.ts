import type { Agent, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Fault } from '../../base/fault.ts';

// `import` of node:http touches each of its exports, WebSocket among them, and so loads 9 MB of what the agent does not use.
const { Agent: HttpAgent, request: httpRequest } = process.getBuiltinModule('node:http');

/** An answer larger than this is not one of ours. */
const responseBytesMax = 64 * 1024 * 1024;

export interface Answer {
  status: number;
  /** In milliseconds; null where the server did not say. */
  retryAfterMs: number | null;
  body: Buffer;
}

export interface PostOptions {
  url: URL;
  headers: Record<string, string>;
  body: readonly Uint8Array[];
  timeoutMs: number;
  signal: AbortSignal;
}

/** Posts over connections that are kept. Rejects with what the network said; an answer of any status resolves. */
export class HttpPoster {
  readonly #plain: Agent;
  readonly #secure: HttpsAgent;

  constructor(connectionsMax: number) {
    this.#plain = new HttpAgent({ keepAlive: true, maxSockets: connectionsMax });
    this.#secure = new HttpsAgent({ keepAlive: true, maxSockets: connectionsMax });
  }

  post({ url, headers, body, timeoutMs, signal }: PostOptions): Promise<Answer> {
    const secure = url.protocol === 'https:';
    const length = body.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return new Promise((resolve, reject) => {
      const outgoing = (secure ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent: secure ? this.#secure : this.#plain,
        headers: { ...headers, 'content-length': length },
        timeout: timeoutMs,
        signal,
      });
      outgoing.on('response', (response) => readAnswer(response).then(resolve, reject));
      outgoing.on('timeout', () => outgoing.destroy(new Fault('unavailable', `no answer for ${timeoutMs} ms`)));
      outgoing.on('error', reject);
      for (const part of body) outgoing.write(part);
      outgoing.end();
    });
  }

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > responseBytesMax) throw new Fault('unavailable', `the answer is larger than ${responseBytesMax} bytes`);
    parts.push(part);
  }
  const seconds = Number(response.headers['retry-after'] ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
  return { status: response.statusCode ?? 0, retryAfterMs, body: Buffer.concat(parts) };
}
