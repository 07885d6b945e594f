import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What goes wrong between agent and server. `refuse`: 503 with Retry-After. `slow`: answers take their time. `lose-answer`: the server
 * has done it, but its answer never arrives. `cut`: the connection breaks in the middle of the request.
 */
export type Trouble = 'none' | 'refuse' | 'slow' | 'lose-answer' | 'cut';

const SLOW_MS = 1500;

/** Stands in front of a server and makes trouble as it is told. */
export class TroubledProxy {
  readonly #server: Server;
  readonly #to: URL;
  trouble: Trouble = 'none';
  /** Requests that met each trouble. */
  readonly met: Partial<Record<Trouble, number>> = {};

  constructor(to: string) {
    this.#to = new URL(to);
    this.#server = createServer((incoming, outgoing) => {
      this.#handle(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { trouble } = this;
    this.met[trouble] = (this.met[trouble] ?? 0) + 1;
    if (trouble === 'refuse') {
      incoming.resume();
      outgoing.writeHead(503, { 'retry-after': '1', 'content-type': 'application/json' });
      outgoing.end('{"error":{"code":"overloaded","message":"try again"}}');
      return;
    }
    const body: Buffer[] = [];
    for await (const chunk of incoming) {
      body.push(chunk);
      if (trouble === 'cut') return void incoming.socket.destroy();
    }
    if (trouble === 'cut') return void incoming.socket.destroy();
    const answer = await this.#forward(incoming, Buffer.concat(body));
    if (trouble === 'slow') await sleep(SLOW_MS);
    if (trouble === 'lose-answer') return void incoming.socket.destroy();
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(answer.body);
  }

  #forward(
    incoming: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }> {
    const { hostname, port } = this.#to;
    const headers = { ...incoming.headers, 'content-length': String(body.length) };
    delete (headers as Record<string, unknown>)['transfer-encoding'];
    return new Promise((resolve, reject) => {
      const forwarded = request(
        { hostname, port, path: incoming.url, method: incoming.method, headers },
        async (answer) => {
          const chunks: Buffer[] = [];
          for await (const chunk of answer) chunks.push(chunk);
          resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) });
        },
      );
      forwarded.on('error', reject);
      forwarded.end(body);
    });
  }
}
