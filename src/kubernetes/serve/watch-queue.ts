import type { ServerResponse } from 'node:http';
import type { ServeLimits } from './limits.ts';

export interface WatchQueueOptions {
  limits: Pick<ServeLimits, 'watchBacklogBytesMax' | 'windowEventsMax' | 'requestTimeoutMs'>;
  /** The watcher was cut off because it did not read. */
  onCut(): void;
}

/**
 * What is to be written to one watcher, in the order in which it came. What is there at the beginning is written as fast as
 * the client reads, however much it is; what comes later may wait up to a limit, and then the watcher is cut off.
 */
export class WatchQueue {
  readonly #response: ServerResponse;
  readonly #options: WatchQueueOptions;
  #held: (() => object)[] = [];
  #next = 0;
  #beginning = 0;
  #open = false;

  constructor(response: ServerResponse, options: WatchQueueOptions) {
    this.#response = response;
    this.#options = options;
  }

  /** Everything that was added has been handed to the connection. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** `render` is called when it is written, once. */
  add(render: () => object): void {
    if (this.#open) {
      this.#write(render());
      if (this.#response.writableLength > this.#options.limits.watchBacklogBytesMax) this.#cut();
      return;
    }
    this.#held.push(render);
    if (this.#beginning > 0 && this.#held.length > this.#beginning + this.#options.limits.windowEventsMax) this.#cut();
  }

  /** To be called when what is there at the beginning has been added; resolves when all that was held is written. */
  async catchUp(): Promise<void> {
    this.#beginning = Math.max(1, this.#held.length);
    for (; this.#next < this.#held.length && !this.#response.destroyed; this.#next++) {
      this.#write(this.#held[this.#next]!());
      this.#held[this.#next] = undefined as never;
      if (this.#response.writableNeedDrain) await this.#drained();
    }
    this.#held = [];
    this.#open = true;
  }

  #write(event: object): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#response.write(`${JSON.stringify(event)}\n`);
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const stalled = setTimeout(() => this.#cut(), this.#options.limits.requestTimeoutMs);
      const go = () => {
        clearTimeout(stalled);
        this.#response.off('drain', go);
        this.#response.off('close', go);
        resolve();
      };
      this.#response.on('drain', go);
      this.#response.on('close', go);
    });
  }

  #cut(): void {
    if (this.#response.destroyed) return;
    this.#options.onCut();
    this.#response.destroy();
  }
}
