import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf } from '../../../base/fault.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import { JsonLines } from './json-lines.ts';
import {
  type AnswerMessage,
  type ContainerRecord,
  type EventMessage,
  type MethodName,
  messageBytesMax,
  protocolVersion,
  type RequestMessage,
  type RuntimeMethods,
} from './protocol.ts';
import type { Runtime } from './runtime.ts';

/** More kubelets than this at a time are refused. */
const connectionsMax = 8;
/** A client that reads this slowly is cut off; it lists everything again when it comes back. */
const unreadBytesMax = 64 * 1024 * 1024;

type Handlers = {
  [M in MethodName]: (
    params: RuntimeMethods[M]['params'],
  ) => Promise<RuntimeMethods[M]['result']> | RuntimeMethods[M]['result'];
};

/** Serves a runtime's methods on a unix socket that only its owner may open, and tells every connection of changes. */
export class RuntimeServer {
  #connections = new Set<Socket>();
  #server: Server;
  #log: Logger;
  #handlers: Handlers;

  constructor(runtime: Runtime, log: Logger, onShutdown: () => void) {
    this.#log = log;
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.maxConnections = connectionsMax;
    this.#handlers = {
      version: () => ({ protocolVersion, pid: process.pid, isolation: runtime.isolation }),
      list: () => runtime.list(),
      start: (request) => runtime.start(request),
      stop: ({ id, graceMs }) => runtime.stop(id, graceMs),
      remove: ({ id, logs }) => {
        runtime.remove(id, logs);
        return null;
      },
      exec: ({ id, argv, timeoutMs }) => runtime.exec(id, argv, timeoutMs),
      stats: () => runtime.currentStats(),
      shutdown: async ({ graceMs }) => {
        await runtime.stopAll(graceMs);
        setImmediate(onShutdown);
        return null;
      },
    };
  }

  listen(path: string): Promise<void> {
    rmSync(path, { force: true });
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, () => {
        chmodSync(path, 0o600);
        resolve();
      });
    });
  }

  publish(container: ContainerRecord): void {
    const event: EventMessage = { event: 'container', container };
    for (const socket of this.#connections) this.#send(socket, event);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#connections) socket.end();
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    const lines = new JsonLines(messageBytesMax);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#connections.delete(socket));
    socket.on('data', (chunk) => {
      try {
        for (const message of lines.push(chunk)) void this.#answer(socket, message as RequestMessage);
      } catch (error) {
        this.#log.warn('a client of the runtime was cut off', { error: messageOf(error) });
        socket.destroy();
      }
    });
  }

  async #answer(socket: Socket, { id, method, params }: RequestMessage): Promise<void> {
    const handler = this.#handlers[method] as ((params: unknown) => unknown) | undefined;
    try {
      if (!handler) throw new Error(`the runtime has no method ${method}`);
      this.#send(socket, { id, result: await handler(params) });
    } catch (error) {
      this.#send(socket, { id, error: messageOf(error) });
    }
  }

  #send(socket: Socket, message: AnswerMessage | EventMessage): void {
    if (socket.writableLength > unreadBytesMax) socket.destroy();
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
  }
}
