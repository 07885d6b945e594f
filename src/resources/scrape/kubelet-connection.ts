import { isIP, connect as netConnect, type Socket } from 'node:net';
import { type SecureContext, connect as tlsConnect } from 'node:tls';
import { Fault } from '../../base/fault.ts';
import type { AnswerReader } from './answer-reader.ts';

/** How kubelets are spoken to; undefined: in the clear. */
export interface TlsUse {
  context: SecureContext;
  rejectUnauthorized: boolean;
}

/** Every connection reads into it: what has come is taken before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

interface Exchange {
  reader: AnswerReader;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * A connection to one kubelet that carries one request at a time. node:https costs three times the CPU and twice the memory a
 * connection, which counts where there are a thousand of them and nothing else to do.
 * Invariant: with `#exchange` an answer is awaited; without, anything that comes ends the connection.
 */
export class KubeletConnection {
  readonly #socket: Socket;
  #exchange: Exchange | undefined;
  #ended: Fault | Error | undefined;

  constructor(host: string, port: number, tls: TlsUse | undefined) {
    const onread = { buffer: readBuffer, callback: (length: number) => this.#onRead(length) };
    this.#socket =
      tls === undefined
        ? netConnect({ host, port, onread })
        : tlsConnect({
            host,
            port,
            // The types know it of plain sockets only.
            ...({ onread } as object),
            secureContext: tls.context,
            rejectUnauthorized: tls.rejectUnauthorized,
            ...(isIP(host) === 0 ? { servername: host } : {}),
          });
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('end', () => this.#onEnd());
    this.#socket.on('close', () => this.#onEnd());
    // Without it the end of the stream would never be told.
    this.#socket.resume();
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** Resolves when the reader is done. Rejects with what ended the connection, or with what the reader threw; then it is closed. */
  exchange(request: string, reader: AnswerReader): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended);
        return;
      }
      this.#exchange = { reader, resolve, reject };
      this.#socket.write(request, 'latin1');
    });
  }

  close(reason: Fault = new Fault('unavailable', 'the connection was closed')): void {
    this.#end(reason);
  }

  #onRead(length: number): boolean {
    const { reader, resolve } = this.#exchange ?? {};
    if (!reader || !resolve) {
      this.#end(new Fault('unavailable', 'the kubelet spoke without having been asked'));
      return true;
    }
    try {
      reader.feed(readBuffer, length);
      if (!reader.done) return true;
      this.#exchange = undefined;
      resolve();
    } catch (error) {
      this.#end(error as Error);
    }
    return true;
  }

  #onEnd(): void {
    if (this.#ended) return;
    const { reader, resolve } = this.#exchange ?? {};
    // Not a Fault: of a kept connection it says nothing about the request.
    if (reader && !reader.begun) {
      this.#end(new Error('the kubelet closed the connection without an answer'));
      return;
    }
    try {
      reader?.end();
      this.#exchange = undefined;
      resolve?.();
      this.#end(new Fault('unavailable', 'the kubelet closed the connection'));
    } catch (error) {
      this.#end(error as Error);
    }
  }

  #end(error: Error): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#socket.destroy();
    this.#exchange?.reject(error);
    this.#exchange = undefined;
  }
}
