import { backoffMs } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/fault.ts';
import { release } from '../../base/release.ts';
import type { Logger } from '../../telemetry/telemetry.ts';
import type { FrameResult, FramesResponse, ResolveRequest, ResolveResponse } from '../batch/batch.ts';
import { type Answer, HttpPoster } from './http.ts';
import type { ShipMetrics } from './metrics.ts';
import type { ShipSettings } from './settings.ts';

/** Of what the server says, in a message. */
const shownBytesMax = 300;

export interface Outgoing {
  frame: Buffer;
  /** Frames of one owner are answered in the order in which they were pushed. */
  owner: object;
  /** Called once, unless the epoch changes before. */
  onResult(result: FrameResult): void;
}

export interface ShipperOptions {
  to: URL;
  /** Asked before every request, since tokens rotate. */
  token: (() => string | undefined) | undefined;
  settings: ShipSettings;
  clock: Clock;
  random: () => number;
  log: Logger;
  metrics: ShipMetrics;
  /** The store was started anew: all that was pushed is dropped, and everything must be resolved again. */
  onNewEpoch(): void;
  /** There may be room again. */
  onProgress(): void;
}

/**
 * Sends frames and keeps each until it is answered.
 * Invariants: at most one request that holds frames of an owner is on its way; `queuedBytes` is the sum over waiting and travelling frames.
 */
export class Shipper {
  readonly #options: ShipperOptions;
  readonly #poster: HttpPoster;
  readonly #stop = new AbortController();
  #waiting: Outgoing[] = [];
  /** Were part of a request that was not acceptable as a whole. */
  readonly #suspects = new WeakSet<Outgoing>();
  readonly #busy = new Set<object>();
  #queuedBytes = 0;
  #travelling = 0;
  #epoch: string | null = null;
  /** Counts epochs as we see them, so that answers to what was sent before are recognised. */
  #era = 0;
  #failures = 0;

  constructor(options: ShipperOptions) {
    this.#options = options;
    this.#poster = new HttpPoster(options.settings.requestsInFlightMax + 1);
  }

  get hasRoom(): boolean {
    return this.#queuedBytes < this.#options.settings.queuedBytesMax;
  }

  /** The server has told its epoch, so frames can be sent. */
  get hasEpoch(): boolean {
    return this.#epoch !== null;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** The server has not answered the last request. */
  get isTroubled(): boolean {
    return this.#failures > 0;
  }

  /** Takes over the frame; `pump` sends it. */
  push(outgoing: Outgoing): void {
    this.#waiting.push(outgoing);
    this.#queuedBytes += outgoing.frame.length;
  }

  /** Sends what may be sent. While the server is in trouble, one request at a time finds out whether it is back. */
  pump(): void {
    const { requestsInFlightMax } = this.#options.settings;
    while (this.#travelling < (this.#failures > 0 ? 1 : requestsInFlightMax)) {
      const load = this.#takeLoad();
      if (load.length === 0) return;
      void this.#deliver(load);
    }
  }

  /** Asks until the server answers. Rejects when the shipper is closed, or with what was wrong with the request. */
  async resolve(request: ResolveRequest): Promise<ResolveResponse> {
    const body = [Buffer.from(JSON.stringify(request))];
    const answer = await this.#postUntilAnswered('taffrail/v1/agent/resolve', 'application/json', body, false);
    if (answer.status !== 200) throw new Error(`the server answers ${answer.status}: ${textOf(answer)}`);
    const response = JSON.parse(answer.body.toString()) as ResolveResponse;
    if (this.#epoch !== null && this.#epoch !== response.epoch) this.#newEpoch();
    this.#epoch = response.epoch;
    return response;
  }

  close(): void {
    this.#stop.abort(new Error('the agent is stopping'));
    this.#poster.close();
  }

  #takeLoad(): Outgoing[] {
    const load: Outgoing[] = [];
    const rest: Outgoing[] = [];
    const passed = new Set<object>();
    let bytes = 0;
    for (const outgoing of this.#waiting) {
      const { owner, frame } = outgoing;
      const fits = load.length === 0 || bytes + frame.length <= this.#options.settings.requestBytes;
      if (load.length > 0 && (this.#suspects.has(outgoing) || this.#suspects.has(load[0]!))) {
        passed.add(owner);
        rest.push(outgoing);
        continue;
      }
      if (this.#busy.has(owner) || passed.has(owner) || !fits) {
        passed.add(owner);
        rest.push(outgoing);
        continue;
      }
      load.push(outgoing);
      bytes += frame.length;
    }
    this.#waiting = rest;
    for (const { owner } of load) this.#busy.add(owner);
    return load;
  }

  async #deliver(load: Outgoing[]): Promise<void> {
    const era = this.#era;
    this.#travelling++;
    try {
      const frames = load.map(({ frame }) => frame);
      const answer = await this.#postUntilAnswered(
        'taffrail/v1/agent/frames',
        'application/octet-stream',
        frames,
        true,
      );
      if (era !== this.#era) return;
      if (answer.status === 409) this.#newEpoch();
      else if (answer.status === 200) this.#settle(load, framesResponse(answer, load.length));
      else this.#notTaken(load, answer);
    } catch (error) {
      if (era === this.#era && !this.#stop.signal.aborted) await this.#takeBack(load, error);
    } finally {
      this.#travelling--;
      if (era === this.#era) for (const { owner } of load) this.#busy.delete(owner);
      this.#options.onProgress();
      if (!this.#stop.signal.aborted) this.pump();
    }
  }

  /** The answer was none: what was sent is sent again. */
  async #takeBack(load: Outgoing[], error: unknown): Promise<void> {
    this.#troubled(`its answer cannot be read: ${messageOf(error)}`);
    await this.#options.clock.sleep(this.#options.settings.retryDelayMsMax, this.#stop.signal).catch(() => {});
    this.#waiting.unshift(...load);
  }

  #settle(load: Outgoing[], response: FramesResponse): void {
    if (response.epoch !== this.#epoch) {
      this.#newEpoch();
      return;
    }
    const era = this.#era;
    load.forEach((outgoing, index) => {
      if (era !== this.#era) return;
      this.#queuedBytes -= outgoing.frame.length;
      const result = response.results[index]!;
      this.#count(outgoing, result);
      outgoing.onResult(result);
      release(outgoing.frame);
    });
  }

  /** The request as a whole was not acceptable. One bad frame must not hold up the others, so each is tried alone. */
  #notTaken(load: Outgoing[], answer: Answer): void {
    const message = `${answer.status}: ${textOf(answer)}`;
    if (load.length > 1) {
      this.#waiting.unshift(...load);
      for (const outgoing of load) this.#suspects.add(outgoing);
      return;
    }
    const [outgoing] = load as [Outgoing];
    this.#queuedBytes -= outgoing.frame.length;
    this.#count(outgoing, { status: 'refused', message });
    outgoing.onResult({ status: 'refused', message });
  }

  #count({ frame }: Outgoing, result: FrameResult): void {
    const { metrics, log } = this.#options;
    metrics.batches.add(1, { status: result.status });
    if (result.status === 'stored' || result.status === 'held') metrics.sentBytes.add(frame.length);
    if (result.status !== 'refused') return;
    metrics.refused.add();
    log.error('the server refuses a frame', { message: result.message });
  }

  #newEpoch(): void {
    this.#options.log.warn('the store was started anew; asking again what it holds');
    this.#era++;
    this.#epoch = null;
    this.#waiting = [];
    this.#busy.clear();
    this.#queuedBytes = 0;
    this.#options.onNewEpoch();
  }

  /** Resolves with an answer that is not to be retried. */
  async #postUntilAnswered(path: string, type: string, body: Uint8Array[], withEpoch: boolean): Promise<Answer> {
    const { settings, clock, random, metrics } = this.#options;
    const era = this.#era;
    for (let attempt = 0; ; attempt++) {
      let retryAfterMs: number | null = null;
      try {
        const answer = await this.#post(path, type, body, withEpoch);
        metrics.requests.add(1, { status: String(answer.status) });
        if (!isRetryable(answer.status)) {
          this.#recovered();
          return answer;
        }
        retryAfterMs = answer.retryAfterMs;
        this.#troubled(`${answer.status}: ${textOf(answer)}`);
      } catch (error) {
        if (this.#stop.signal.aborted) throw error;
        metrics.requests.add(1, { status: 'none' });
        this.#troubled(messageOf(error));
      }
      const backoff = backoffMs(
        attempt,
        { initialMs: settings.retryInitialMs, delayMsMax: settings.retryDelayMsMax },
        random,
      );
      await clock.sleep(Math.max(backoff, Math.min(retryAfterMs ?? 0, settings.retryAfterMsMax)), this.#stop.signal);
      // The epoch went by while we waited: what we hold is no longer wanted.
      if (withEpoch && era !== this.#era) throw new Error('the store was started anew');
      metrics.retries.add();
    }
  }

  #post(path: string, type: string, body: Uint8Array[], withEpoch: boolean): Promise<Answer> {
    const { to, token, settings } = this.#options;
    const headers: Record<string, string> = { 'content-type': type };
    if (withEpoch && this.#epoch !== null) headers['taffrail-epoch'] = this.#epoch;
    const bearer = token?.();
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    const base = to.href.endsWith('/') ? to.href : `${to.href}/`;
    const { signal } = this.#stop;
    return this.#poster.post({ url: new URL(path, base), headers, body, timeoutMs: settings.requestTimeoutMs, signal });
  }

  #troubled(why: string): void {
    this.#failures++;
    if (this.#failures === 1 || this.#failures % 20 === 0) {
      this.#options.log.warn('the server does not take what is sent; trying again', { why, failures: this.#failures });
    }
  }

  #recovered(): void {
    if (this.#failures > 0) this.#options.log.info('the server answers again', { failures: this.#failures });
    this.#failures = 0;
  }
}

/** Only an answer about the frames themselves settles them; a wrong address, a missing right or a proxy's page does not. */
function isRetryable(status: number): boolean {
  return ![200, 400, 409, 413, 422].includes(status);
}

function framesResponse(answer: Answer, frameCount: number): FramesResponse {
  const response = JSON.parse(answer.body.toString()) as FramesResponse | null;
  if (typeof response?.epoch !== 'string') throw new Error('it names no epoch');
  if (response.results?.length !== frameCount) throw new Error(`it has not a result for each of ${frameCount} frames`);
  return response;
}

function textOf(answer: Answer): string {
  return answer.body.subarray(0, shownBytesMax).toString();
}
