import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../../../base/fault.ts';

/** Bounds the bodies that are in memory at a time. Invariant: what a request reserved is given back exactly once. */
export class InFlight {
  readonly #bytesMax: number;
  readonly #reserved = new WeakMap<FastifyRequest, number>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** To be called within a scope of routes: they are refused with Fault `overloaded` when there is no room for their body. */
  guard(scope: FastifyInstance): void {
    scope.addHook('onRequest', async (request) => {
      const bytes = Number(request.headers['content-length'] ?? unknownBytes);
      if (this.#bytes > 0 && this.#bytes + bytes > this.#bytesMax) {
        throw new Fault('overloaded', `more than ${this.#bytesMax} bytes of samples are being taken in`);
      }
      this.#reserved.set(request, bytes);
      this.#bytes += bytes;
    });
    const release = async (request: FastifyRequest) => {
      this.#bytes -= this.#reserved.get(request) ?? 0;
      this.#reserved.delete(request);
    };
    scope.addHook('onResponse', release);
    scope.addHook('onRequestAbort', release);
  }
}

/** What a body without a length is taken for. */
const unknownBytes = 1024 * 1024;
