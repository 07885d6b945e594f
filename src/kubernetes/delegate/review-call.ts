import { Fault, messageOf } from '../../base/fault.ts';
import type { KubeObject, KubernetesClient } from '../client/client.ts';
import { ApiError } from '../client/status.ts';
import { tooManyRequests } from '../serve/serve.ts';
import type { DelegationParts } from './settings.ts';

const attemptsMax = 5;
const firstDelayMs = 500;
const delayFactor = 1.5;
const delayJitter = 0.2;

/**
 * Posts reviews to the API server: again where the failure is passing, up to five times within `reviewTimeoutMs`; the same
 * question that is under way already is not asked a second time. Invariant: `#running` holds what is under way, and at most
 * `reviewsRunningMax` of it.
 */
export class ReviewCall {
  readonly #client: KubernetesClient;
  readonly #path: string;
  readonly #kind: string;
  readonly #parts: DelegationParts;
  readonly #running = new Map<string, Promise<KubeObject>>();
  readonly #count: (result: string) => void;

  constructor(client: KubernetesClient, group: string, kind: string, parts: DelegationParts) {
    this.#client = client;
    this.#path = `/apis/${group}/v1/${kind.toLowerCase()}s`;
    this.#kind = kind;
    this.#parts = parts;
    const counter = parts.metrics.counter(
      'taffrail_delegated_reviews_total',
      'TokenReviews and SubjectAccessReviews that the API server was asked for',
    );
    this.#count = (result) => counter.add(1, { kind, result });
  }

  /** The review's status. Rejects with 429, ApiError or Fault `unavailable`. */
  async ask(key: string, body: object): Promise<KubeObject['status']> {
    let running = this.#running.get(key);
    if (!running) {
      if (this.#running.size >= this.#parts.settings.reviewsRunningMax) {
        this.#count('refused');
        throw tooManyRequests(`too many reviews are under way (reviewsRunningMax)`, 1);
      }
      running = this.#post(body).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return (await running).status ?? {};
  }

  async #post(body: object): Promise<KubeObject> {
    const { clock, settings, log, random } = this.#parts;
    const deadlineMs = clock.monotonicMs() + settings.reviewTimeoutMs;
    let delayMs = firstDelayMs;
    for (let attempt = 1; ; attempt++) {
      try {
        const timeoutMs = Math.max(1, deadlineMs - clock.monotonicMs());
        const answer = await this.#client.request(this.#path, { method: 'POST', body, timeoutMs });
        this.#count('answered');
        return answer;
      } catch (error) {
        const waitMs = Math.max(delayMs * (1 + delayJitter * random()), retryAfterMs(error));
        const late = clock.monotonicMs() + waitMs >= deadlineMs;
        if (attempt >= attemptsMax || late || !isPassing(error)) {
          this.#count('failed');
          log.error(`a ${this.#kind} has failed`, { error: messageOf(error), attempts: attempt });
          throw error;
        }
        await clock.sleep(waitMs);
        delayMs *= delayFactor;
      }
    }
  }
}

const retryAfterMs = (error: unknown) => (error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0);
const passingCodes: ReadonlySet<number> = new Set([429, 500, 504]);
const passingErrors: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** As client-go's webhooks see it: a broken connection, 429, 500, 504, and whatever says when to come back. */
function isPassing(error: unknown): boolean {
  if (error instanceof ApiError) return passingCodes.has(error.code) || error.retryAfterMs !== undefined;
  const code = error instanceof Fault ? (error.cause as NodeJS.ErrnoException | undefined)?.code : undefined;
  return code !== undefined && passingErrors.has(code);
}
