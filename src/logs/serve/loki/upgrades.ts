import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { bad } from './parameters.ts';

interface Upgrade {
  socket: Socket;
  head: Buffer;
}

/** What a client may send; a tail reads nothing. */
const receivedBytesMax = 4096;

/**
 * WebSockets on routes of the people's port: a request that asks for one goes through the same hooks and handlers as any other, so
 * that it is authenticated and refused as they are. Invariant: `#open` are the sockets that are to be ended with the server.
 */
export class Upgrades {
  readonly #waiting = new WeakMap<IncomingMessage, Upgrade>();
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: receivedBytesMax });
  readonly #open = new Set<WebSocket>();

  constructor(app: FastifyInstance, path: string) {
    const server = app.server as Server & { shouldUpgradeCallback?: (request: IncomingMessage) => boolean };
    const isOurs = ({ url, headers }: IncomingMessage) =>
      url?.split('?')[0] === path && headers.upgrade?.toLowerCase() === 'websocket';
    // Others that offer to change the protocol are answered as if they had not.
    server.shouldUpgradeCallback = isOurs;
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      this.#waiting.set(request, { socket, head });
      const response = new ServerResponse(request);
      // A refusal is the last that is said on this connection, which the server has given up already.
      response.shouldKeepAlive = false;
      response.once('finish', () => socket.destroySoon());
      response.assignSocket(socket);
      app.routing(request, response);
    });
    app.addHook('preClose', async () => {
      for (const socket of this.#open) socket.terminate();
    });
  }

  /** Throws Fault `bad-request` for a request that does not ask for one; a handshake that fails is answered, and gives nothing. */
  accept({ raw }: FastifyRequest, reply: FastifyReply, run: (socket: WebSocket) => void): void {
    const upgrade = this.#waiting.get(raw);
    if (upgrade === undefined) throw bad('Bad Request: this is for WebSockets, and the request does not ask for one');
    reply.hijack();
    reply.raw.detachSocket(upgrade.socket);
    this.#server.handleUpgrade(raw, upgrade.socket, upgrade.head, (socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
      run(socket);
    });
  }
}
