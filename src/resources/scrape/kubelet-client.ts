import { Fault, messageOf } from '../../base/fault.ts';
import { AnswerReader } from './answer-reader.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import type { KubeletAccess } from './kubelet-access.ts';
import { KubeletConnection } from './kubelet-connection.ts';
import { KubeletConnections } from './kubelet-connections.ts';
import type { Endpoint } from './node-facts.ts';
import { Turns } from './turns.ts';
import { unpacked } from './unpack.ts';

export interface RequestLimits {
  requestTimeoutMs: number;
  pageBytesMax: number;
  bodiesBytesMax: number;
}

const errorTextBytesMax = 1024;

/**
 * Asks kubelets for their pages. A redirect is not followed, and half a page is no page.
 * Invariant: `#bodiesBytes` is what all answers that are under way hold; `#underWay` are the connections that they come over.
 */
export class KubeletClient {
  readonly #limits: RequestLimits;
  readonly #monotonicMs: () => number;
  readonly #connections = new KubeletConnections();
  readonly #turns = new Turns();
  readonly #underWay = new Set<KubeletConnection>();
  #bodiesBytes = 0;
  #stopped: Fault | undefined;

  constructor(limits: RequestLimits, monotonicMs: () => number) {
    this.#limits = limits;
    this.#monotonicMs = monotonicMs;
  }

  beginRound(): void {
    this.#connections.beginRound();
  }

  /** Ends what is under way, and whatever is asked from now on. */
  stop(reason: Fault): void {
    this.#stopped = reason;
    for (const connection of this.#underWay) connection.close(reason);
  }

  /** What is under way goes on. */
  close(): void {
    this.#connections.close();
  }

  /**
   * `use` gets the page, unpacked, and may keep it only until it has returned.
   * Rejects with Fault `unavailable` that says what went wrong, with a hint where one is known.
   */
  async page<R>(endpoint: Endpoint, access: KubeletAccess, use: (page: Buffer) => Promise<R>): Promise<R> {
    const kept = this.#connections.take(endpoint, access.tls);
    const deadlineMs = this.#monotonicMs() + this.#limits.requestTimeoutMs;
    if (kept) {
      const first = await this.#attempt(kept, endpoint, access, deadlineMs, use);
      // A kept connection that the kubelet closed meanwhile says nothing about the request: it is made once more.
      if (!('unsaid' in first)) return first.result;
    }
    const fresh = new KubeletConnection(endpoint.host, endpoint.port, access.tls);
    const second = await this.#attempt(fresh, endpoint, access, deadlineMs, use);
    if ('unsaid' in second) throw failureOf(second.unsaid);
    return second.result;
  }

  async #attempt<R>(
    connection: KubeletConnection,
    endpoint: Endpoint,
    access: KubeletAccess,
    deadlineMs: number,
    use: (page: Buffer) => Promise<R>,
  ): Promise<{ result: R } | { unsaid: unknown }> {
    const { pageBytesMax, requestTimeoutMs } = this.#limits;
    let held = 0;
    const onBodyBytes = (bytes: number) => {
      held += bytes;
      this.#hold(bytes);
    };
    const room = new GrowingBuffer();
    const reader = new AnswerReader({ bodyBytesMax: pageBytesMax, onBodyBytes });
    const late = () => connection.close(lateAnswer(requestTimeoutMs));
    const timer = setTimeout(late, deadlineMs - this.#monotonicMs());
    this.#underWay.add(connection);
    if (this.#stopped) connection.close(this.#stopped);
    try {
      await connection.exchange(requestText(endpoint, access), reader);
      if (reader.statusCode !== 200) throw refusalOf(reader, access);
      if (reader.keepAlive) this.#connections.keep(endpoint, access.tls, connection);
      else connection.close();
      await this.#turns.turn();
      const encoding = reader.header('content-encoding') ?? 'identity';
      return { result: await use(await unpacked(reader.body(), encoding, pageBytesMax, room)) };
    } catch (error) {
      connection.close();
      if (!(error instanceof Fault) && !reader.begun) return { unsaid: error };
      if (error instanceof Fault || reader.done) throw error;
      throw failureOf(error);
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(connection);
      this.#bodiesBytes -= held;
      reader.release();
      room.release();
    }
  }

  #hold(bytes: number): void {
    const { bodiesBytesMax } = this.#limits;
    this.#bodiesBytes += bytes;
    if (this.#bodiesBytes > bodiesBytesMax)
      throw new Fault('unavailable', `the pages under way are larger than bodiesBytesMax (${bodiesBytesMax} bytes)`);
  }
}

function lateAnswer(requestTimeoutMs: number): Fault {
  return new Fault('unavailable', `the kubelet did not answer in full within ${requestTimeoutMs / 1000} s`);
}

function requestText({ host, port, path }: Endpoint, { authorization }: KubeletAccess): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host.includes(':') ? `[${host}]` : host}:${port}`,
    'User-Agent: taffrail',
    'Accept: text/plain;version=0.0.4',
    'Accept-Encoding: gzip',
    ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function refusalOf(reader: AnswerReader, access: KubeletAccess): Fault {
  const code = reader.statusCode;
  const what = `the kubelet answered ${code} ${reader.statusMessage}`.trim();
  if (code >= 300 && code < 400) return new Fault('unavailable', `${what}; redirects are not followed`);
  const text = reader.body().toString('utf8', 0, Math.min(errorTextBytesMax, reader.body().length));
  const said = reader.header('content-encoding') === undefined ? text.replace(/\s+/g, ' ').trim() : '';
  const hint = hintOfStatus(code, access.authorization !== undefined);
  return new Fault('unavailable', said === '' ? what : `${what}: ${said}`, hint === undefined ? {} : { hint });
}

function hintOfStatus(code: number, known: boolean): string | undefined {
  if (code === 401)
    return known
      ? 'the kubelet does not take our token: it needs --authentication-token-webhook'
      : 'the kubelet wants a token or a client certificate';
  if (code === 403) return 'the ServiceAccount needs `get` on `nodes/metrics`';
  if (code === 404) return 'the node annotation metrics.k8s.io/resource-metrics-path names another path';
  return undefined;
}

function failureOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  const hint = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL/.test(code)
    ? '--kubelet-certificate-authority names who signs the kubelets, --kubelet-insecure-tls takes any certificate'
    : undefined;
  const message = `cannot ask the kubelet: ${messageOf(error) || code}`;
  return new Fault('unavailable', message, { cause: error, ...(hint === undefined ? {} : { hint }) });
}
