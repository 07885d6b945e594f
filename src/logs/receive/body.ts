import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { Fault } from '../../base/fault.ts';

/** A client that still sends does not read the refusal: of a body that is too large so much is taken and thrown away before it. */
const drainedBytesMax = 64 * 1024 * 1024;

/**
 * Reads bodies into one buffer each. Invariant: the bodies between `receive` and `release` come to no more than
 * `inFlightMax` bytes; a request that would go beyond is refused before its body is read.
 */
export class BodyBudget {
  readonly #inFlightMax: number;
  readonly #bodyMax: number;
  readonly #reserved = new WeakMap<IncomingMessage, number>();
  #inFlight = 0;

  constructor(inFlightMax: number, bodyMax: number) {
    this.#inFlightMax = inFlightMax;
    this.#bodyMax = bodyMax;
  }

  inFlightBytes(): number {
    return this.#inFlight;
  }

  /** Throws Fault `bad-request` for a body that is too large or ends early, `overloaded` where there is no room. */
  async receive(request: FastifyRequest, payload: IncomingMessage): Promise<Buffer> {
    const length = request.headers['content-length'];
    const expected = length === undefined ? undefined : Number(length);
    if (expected !== undefined && expected > this.#bodyMax) {
      if (expected <= drainedBytesMax) await drain(payload);
      throw this.#tooLarge(`${expected} bytes`);
    }
    this.#reserve(request, expected ?? this.#bodyMax);
    return expected === undefined ? this.#chunked(payload) : this.#ofLength(payload, expected);
  }

  /** May be called more than once, and for requests that had no body. */
  release(request: FastifyRequest): void {
    this.#inFlight -= this.#reserved.get(request.raw) ?? 0;
    this.#reserved.delete(request.raw);
  }

  #reserve(request: FastifyRequest, bytes: number): void {
    if (this.#inFlight > 0 && this.#inFlight + bytes > this.#inFlightMax) {
      throw new Fault(
        'overloaded',
        `${this.#inFlight} bytes of requests are in flight (bytesInFlightMax is ${this.#inFlightMax})`,
      );
    }
    this.#inFlight += bytes;
    this.#reserved.set(request.raw, bytes);
  }

  async #ofLength(payload: IncomingMessage, expected: number): Promise<Buffer> {
    const body = Buffer.allocUnsafeSlow(expected);
    let filled = 0;
    for await (const chunk of payload as AsyncIterable<Buffer>) filled += chunk.copy(body, filled);
    if (filled < expected) throw new Fault('bad-request', `the body ended after ${filled} of ${expected} bytes`);
    return body;
  }

  async #chunked(payload: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of payload as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > drainedBytesMax) break;
      if (bytes <= this.#bodyMax) chunks.push(chunk);
      else chunks.length = 0;
    }
    if (bytes > this.#bodyMax) throw this.#tooLarge(`more than ${this.#bodyMax} bytes`);
    return Buffer.concat(chunks, bytes);
  }

  #tooLarge(size: string): Fault {
    return new Fault('bad-request', `the body has ${size}; requestBytesMax is ${this.#bodyMax}`);
  }
}

async function drain(payload: IncomingMessage): Promise<void> {
  for await (const _ of payload);
}
