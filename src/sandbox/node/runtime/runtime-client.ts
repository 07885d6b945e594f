import { connect, type Socket } from 'node:net';
import { messageOf } from '../../../base/fault.ts';
import { JsonLines } from './json-lines.ts';
import {
  type AnswerMessage,
  type ContainerRecord,
  type EventMessage,
  type MethodName,
  messageBytesMax,
  type RequestMessage,
  type RuntimeMethods,
} from './protocol.ts';

/** The connection is gone; whoever asked cannot know whether it was done. */
export class RuntimeGone extends Error {
  constructor() {
    super('the container runtime has gone away');
    this.name = 'RuntimeGone';
  }
}

interface Waiting {
  resolve: (result: never) => void;
  reject: (error: Error) => void;
}

/** One connection to the runtime. Invariant: every call is settled, at the latest when the connection closes. */
export class RuntimeClient {
  #socket: Socket;
  #waiting = new Map<number, Waiting>();
  #nextId = 1;
  readonly closed: Promise<void>;

  /** Rejects when nobody listens there. */
  static open(socketPath: string, onContainer: (container: ContainerRecord) => void): Promise<RuntimeClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(socketPath);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RuntimeClient(socket, onContainer));
      });
    });
  }

  private constructor(socket: Socket, onContainer: (container: ContainerRecord) => void) {
    this.#socket = socket;
    const lines = new JsonLines(messageBytesMax);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      try {
        for (const message of lines.push(chunk)) this.#receive(message as AnswerMessage | EventMessage, onContainer);
      } catch (error) {
        socket.destroy(new Error(messageOf(error)));
      }
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        for (const { reject } of this.#waiting.values()) reject(new RuntimeGone());
        this.#waiting.clear();
        resolve();
      });
    });
  }

  call<M extends MethodName>(method: M, params: RuntimeMethods[M]['params']): Promise<RuntimeMethods[M]['result']> {
    if (this.#socket.destroyed || !this.#socket.writable) return Promise.reject(new RuntimeGone());
    const id = this.#nextId++;
    const request: RequestMessage = { id, method, params };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(`${JSON.stringify(request)}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(message: AnswerMessage | EventMessage, onContainer: (container: ContainerRecord) => void): void {
    if ('event' in message) {
      onContainer(message.container);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error !== undefined) waiting?.reject(new Error(message.error));
    else waiting?.resolve(message.result as never);
  }
}
