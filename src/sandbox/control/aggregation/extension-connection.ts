import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import type { Duplex } from 'node:stream';
import type { KeyPair } from '../../../kubernetes/pki/pki.ts';
import type { Address } from './resolve.ts';

export interface ConnectionOptions {
  /** The name that the server's certificate has to be for. */
  serverName: string;
  /** PEM; undefined: the authorities that the system trusts. */
  ca: string | undefined;
  insecure: boolean;
  /** The front proxy's certificate: asked at each connection, since it is renewed. */
  client(): KeyPair;
}

export interface Asked {
  method: string;
  path: string;
  headers: OutgoingHttpHeaders;
  body?: Buffer | undefined;
  signal: AbortSignal;
}

export interface Upgraded {
  answer: IncomingMessage;
  socket: Duplex;
  /** What came with the answer already. */
  head: Buffer;
}

const keepAliveMs = 30_000;
const answerHeaderBytesMax = 64 * 1024;

/** Connections to an extension server as the front proxy. Redirects are answers like any other: none is followed. */
export class ExtensionConnection {
  readonly #options: ConnectionOptions;
  #agent: Agent | undefined;
  #certificate = '';

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Resolves with the head of the answer. A kept connection that broke says nothing: a GET is sent once more. */
  async ask(address: Address, asked: Asked): Promise<IncomingMessage> {
    for (let attempt = 0; ; attempt++) {
      const sent = await this.#attempt(address, asked);
      if (!('failure' in sent)) return sent;
      const again = attempt === 0 && sent.reused && ['GET', 'HEAD'].includes(asked.method) && !asked.signal.aborted;
      if (!again) throw sent.failure;
    }
  }

  /** Asks for another protocol, over a connection of its own: resolves with it, or with the answer that refuses. */
  askUpgrade(address: Address, asked: Asked): Promise<IncomingMessage | Upgraded> {
    return new Promise((resolve, reject) => {
      const { method, path, headers, signal } = asked;
      const outgoing = request({ ...this.#tls(), ...address, method, path, headers, signal, agent: false });
      outgoing.once('upgrade', (answer, socket, head) => resolve({ answer, socket, head }));
      outgoing.once('response', resolve);
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  #tls(): RequestOptions {
    const { serverName, ca, insecure, client } = this.#options;
    const { certificate, key } = client();
    return {
      cert: certificate,
      key,
      servername: serverName,
      rejectUnauthorized: !insecure,
      ...(ca === undefined ? {} : { ca }),
    };
  }

  #attempt(address: Address, asked: Asked): Promise<IncomingMessage | { failure: unknown; reused: boolean }> {
    return new Promise((resolve) => {
      try {
        const outgoing = request({
          ...this.#tls(),
          ...address,
          method: asked.method,
          path: asked.path,
          headers: { ...asked.headers, ...(asked.body ? { 'content-length': asked.body.length } : {}) },
          agent: this.#agentNow(),
          signal: asked.signal,
          maxHeaderSize: answerHeaderBytesMax,
        });
        outgoing.once('response', resolve);
        outgoing.on('error', (failure) => resolve({ failure, reused: outgoing.reusedSocket }));
        outgoing.end(asked.body);
      } catch (failure) {
        resolve({ failure, reused: false });
      }
    });
  }

  #agentNow(): Agent {
    const { certificate } = this.#options.client();
    if (!this.#agent || this.#certificate !== certificate) {
      // What is under way goes on with the certificate that it began with.
      if (this.#agent) dropIdle(this.#agent);
      // As many as there are requests: those are bounded where they come in, and one that waited here would do so in silence.
      this.#agent = new Agent({ keepAlive: true, keepAliveMsecs: keepAliveMs });
      this.#certificate = certificate;
    }
    return this.#agent;
  }
}

function dropIdle(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}
