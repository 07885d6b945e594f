import type { Agent, IncomingMessage } from 'node:http';
import { Fault } from '../../base/fault.ts';

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
  readonly #connectionsMax: number;
  readonly #agents = new Map<string, Agent>();

  constructor(connectionsMax: number) {
    this.#connectionsMax = connectionsMax;
  }

  post({ url, headers, body, timeoutMs, signal }: PostOptions): Promise<Answer> {
    // An import of node:http would touch each of its exports, WebSocket among them, and load 9 MB; TLS takes 5 MB.
    const client = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');
    const agent = this.#agentFor(url.protocol, client.Agent);
    const length = body.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return new Promise((resolve, reject) => {
      const outgoing = client.request(url, {
        method: 'POST',
        agent,
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
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #agentFor(protocol: string, AgentOfProtocol: typeof Agent): Agent {
    let agent = this.#agents.get(protocol);
    if (!agent) {
      agent = new AgentOfProtocol({ keepAlive: true, maxSockets: this.#connectionsMax });
      this.#agents.set(protocol, agent);
    }
    return agent;
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
