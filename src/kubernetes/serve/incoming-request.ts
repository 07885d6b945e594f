import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { SchemaRegistry } from '../schema/schema.ts';
import type { Place } from './admission.ts';
import type { ApiRequest, RequestAttributes } from './api.ts';
import type { UserInfo } from './authentication.ts';
import { type Authorize, enforce } from './authorization.ts';
import { type DecodedBody, decodeObject, readBody } from './body.ts';
import type { ServeLimits } from './limits.ts';
import type { RequestLife } from './running-requests.ts';
import { unsupportedMediaType } from './status.ts';

export interface IncomingParts {
  incoming: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  user: UserInfo;
  life: RequestLife;
  place: Place;
}

/** What all requests of a server share. */
export interface RequestSurroundings {
  authorize: Authorize;
  clock: Clock;
  schemas?: SchemaRegistry;
}

const warningLengthMax = 1000;

/** A request as it came. What few ask for is made when they do. */
export class IncomingRequest implements ApiRequest {
  readonly #parts: IncomingParts;
  readonly #surroundings: RequestSurroundings;
  readonly #limits: ServeLimits;
  rest: readonly string[] = [];
  upgrade?: NonNullable<ApiRequest['upgrade']>;

  constructor(parts: IncomingParts, surroundings: RequestSurroundings, limits: ServeLimits) {
    this.#parts = parts;
    this.#surroundings = surroundings;
    this.#limits = limits;
  }

  get method(): string {
    return this.#parts.incoming.method ?? 'GET';
  }

  get query(): URLSearchParams {
    return this.#parts.query;
  }

  get accept(): string | undefined {
    return this.#parts.incoming.headers.accept;
  }

  get contentType(): string | undefined {
    return this.#parts.incoming.headers['content-type'];
  }

  get user(): UserInfo {
    return this.#parts.user;
  }

  get incoming(): IncomingMessage {
    return this.#parts.incoming;
  }

  get signal(): AbortSignal {
    return this.#parts.life.signal;
  }

  nowMs(): number {
    return this.#surroundings.clock.nowMs();
  }

  warn(text: string): void {
    const ascii = text.replace(/[^\x20-\x7e]/g, '?').slice(0, warningLengthMax);
    this.#parts.response.appendHeader('warning', `299 - ${JSON.stringify(ascii)}`);
  }

  readRaw(): Promise<Buffer> {
    return readBody(this.#parts.incoming, this.#limits.bodyBytesMax);
  }

  async readObject(): Promise<DecodedBody | undefined> {
    const { schemas } = this.#surroundings;
    if (!schemas) throw unsupportedMediaType([]);
    return decodeObject(await this.readRaw(), this.contentType, schemas, this.#limits);
  }

  authorize(attributes: RequestAttributes): Promise<void> {
    return enforce(this.#surroundings.authorize, this.#parts.user, attributes);
  }

  becomeLongRunning(): void {
    this.#parts.place.becomeLongRunning();
  }
}
