import { backoffMs } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { Fault, messageOf } from '../../base/fault.ts';
import { snappyEncode } from '../../base/snappy-encode.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import type { Labels } from '../query/query.ts';
import type { Appended, MetricMetadata, SampleColumns, SeriesWriter } from '../store/store.ts';
import { type RemoteAccess, tenantHeaders } from './http-api.ts';
import { WriteRequest } from './write-request.ts';

/** Series that refs are given to; they hold their labels as bytes. */
const seriesMax = 2_000_000;
const samplesPerRequestMax = 5000;
const pendingMetadataMax = 10_000;
/** A server that takes nothing is asked again for this long before the samples are given back to whoever brought them. */
const retryMsMax = 30_000;
const backoff = { initialMs: 100, delayMsMax: 5000 };
const problemCharsMax = 500;

interface Tenant {
  refs: Map<string, number>;
  metadata: Map<string, MetricMetadata>;
}

/**
 * Writes to another server by remote write 1.0, in the shape of a store. Invariant: a ref means the same series for ever.
 * What the server refuses for good (400) is counted as conflicting, since it does not say which samples it meant.
 */
export class RemoteWriter implements SeriesWriter {
  readonly #access: RemoteAccess;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #random: () => number;
  readonly #tenants = new Map<string, Tenant>();
  readonly #labels: Buffer[] = [];
  readonly #samples;

  constructor(
    access: RemoteAccess,
    parts: { clock: Clock; log: Logger; metrics: MetricsRegistry; random: () => number },
  ) {
    this.#access = access;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#random = parts.random;
    this.#samples = parts.metrics.counter(
      'taffrail_series_remote_samples_total',
      'Samples written to the series server, by what became of them.',
    );
  }

  series(tenant: string, all: readonly Labels[]): { refs: Float64Array; refused: string | null } {
    const { refs: known } = this.#tenant(tenant);
    let refused: string | null = null;
    const refs = Float64Array.from(all, (labels) => {
      const ref = known.get(labels.key);
      if (ref !== undefined) return ref;
      if (this.#labels.length >= seriesMax) {
        refused ??= `more than ${seriesMax} series are written`;
        return 0;
      }
      const fresh = this.#labels.push(WriteRequest.labels(labels));
      known.set(labels.key, fresh);
      return fresh;
    });
    return { refs, refused };
  }

  setMetadata(tenant: string, metric: string, metadata: MetricMetadata): void {
    const pending = this.#tenant(tenant).metadata;
    if (pending.size < pendingMetadataMax || pending.has(metric)) pending.set(metric, metadata);
  }

  async append(tenant: string, samples: SampleColumns): Promise<Appended> {
    const appended: Appended = { taken: 0, repeated: 0, conflicting: 0, tooOld: 0, tooNew: 0, unknownRefs: [] };
    const bySeries = new Map<number, number[]>();
    for (let at = 0; at < samples.length; at++) {
      const ref = samples.refs[at]!;
      if (!(ref >= 1 && ref <= this.#labels.length)) appended.unknownRefs.push(at);
      else if (bySeries.has(ref)) bySeries.get(ref)!.push(at);
      else bySeries.set(ref, [at]);
    }
    for (const request of this.#requests(tenant, bySeries, samples)) {
      const isTaken = await this.#send(tenant, request.bytes);
      if (isTaken) appended.taken += request.samples;
      else appended.conflicting += request.samples;
    }
    this.#samples.add(appended.taken, { outcome: 'taken' });
    if (appended.conflicting > 0) this.#samples.add(appended.conflicting, { outcome: 'refused' });
    return appended;
  }

  *#requests(
    tenant: string,
    bySeries: ReadonlyMap<number, number[]>,
    { timestampsMs, values }: SampleColumns,
  ): Generator<{ bytes: Buffer; samples: number }> {
    let request = new WriteRequest();
    let held = 0;
    const { metadata } = this.#tenant(tenant);
    for (const [metric, one] of metadata) request.addMetadata(metric, one);
    metadata.clear();
    for (const [ref, places] of bySeries) {
      // Receivers want the samples of a series in the order of time.
      places.sort((a, b) => timestampsMs[a]! - timestampsMs[b]!);
      for (let from = 0; from < places.length; from += samplesPerRequestMax) {
        const part = places.slice(from, from + samplesPerRequestMax);
        request.addSeries(this.#labels[ref - 1]!, part, timestampsMs, values);
        held += part.length;
        if (held < samplesPerRequestMax) continue;
        yield { bytes: request.bytes(), samples: held };
        request = new WriteRequest();
        held = 0;
      }
    }
    if (request.bytes().length > 0) yield { bytes: request.bytes(), samples: held };
  }

  /** False where the server refused it for good. Rejects with Fault `unavailable` or `overloaded` when it took nothing for long. */
  async #send(tenant: string, request: Buffer): Promise<boolean> {
    const body = snappyEncode(request);
    const deadlineMs = this.#clock.monotonicMs() + retryMsMax;
    for (let attempt = 0; ; attempt++) {
      const { status, text, retryAfterMs } = await this.#post(tenant, body);
      if (status >= 200 && status < 300) return true;
      if (status >= 400 && status < 500 && status !== 429) {
        this.#log.warn('the series server refused samples', { status, problem: text });
        return false;
      }
      const waitMs = Math.max(retryAfterMs, backoffMs(attempt, backoff, this.#random));
      if (this.#clock.monotonicMs() + waitMs > deadlineMs) {
        const message = `the series server at ${this.#access.url.origin} takes no samples: ${text}`;
        throw new Fault(status === 429 ? 'overloaded' : 'unavailable', message);
      }
      await this.#clock.sleep(waitMs);
    }
  }

  async #post(tenant: string, body: Buffer): Promise<{ status: number; text: string; retryAfterMs: number }> {
    const { url, headers, timeoutMs } = this.#access;
    try {
      const response = await fetch(new URL(`${url.pathname.replace(/\/$/, '')}/api/v1/write`, url), {
        method: 'POST',
        redirect: 'error',
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          ...headers(),
          ...tenantHeaders(this.#access, tenant),
          'content-type': 'application/x-protobuf',
          'content-encoding': 'snappy',
          'x-prometheus-remote-write-version': '0.1.0',
        },
      });
      const text = (await response.text()).slice(0, problemCharsMax).trim();
      const retryAfterMs = 1000 * Number(response.headers.get('retry-after') ?? 0) || 0;
      return { status: response.status, text: text || `status ${response.status}`, retryAfterMs };
    } catch (error) {
      if (error instanceof Fault) throw error;
      const cause = error instanceof Error && error.cause ? error.cause : error;
      return { status: 0, text: messageOf(cause), retryAfterMs: 0 };
    }
  }

  #tenant(name: string): Tenant {
    let tenant = this.#tenants.get(name);
    if (!tenant) this.#tenants.set(name, (tenant = { refs: new Map(), metadata: new Map() }));
    return tenant;
  }
}
