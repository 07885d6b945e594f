import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Fault, messageOf } from '../../base/fault.ts';
import type { KubeletAccess } from './kubelet-access.ts';
import type { Endpoint } from './node-facts.ts';
import { unpacked } from './unpack.ts';

export interface RequestLimits {
  requestTimeoutMs: number;
  pageBytesMax: number;
  bodiesBytesMax: number;
}

/** Bytes of bodies that are under way, over all requests that share it. */
export interface BodyBudget {
  bytes: number;
}

const errorTextBytesMax = 1024;

/**
 * The page of one kubelet. A redirect is not followed, and half a page is no page.
 * Rejects with Fault `unavailable` that says what went wrong, with a hint where one is known.
 */
export async function requestPage(
  endpoint: Endpoint,
  access: KubeletAccess,
  limits: RequestLimits,
  budget: BodyBudget,
  signal: AbortSignal,
): Promise<Buffer> {
  const attempt = new Attempt(endpoint, access, limits, budget);
  const abort = () => attempt.fail(new Fault('unavailable', 'the scraper is stopping'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    const { body, encoding } = await attempt.run();
    return await unpacked(body, encoding, limits.pageBytesMax);
  } finally {
    signal.removeEventListener('abort', abort);
    attempt.release();
  }
}

/**
 * One exchange, tried once more where a kept connection turns out to be closed.
 * Invariant: `#bytes` of the budget are ours until `release`.
 */
class Attempt {
  readonly #endpoint: Endpoint;
  readonly #access: KubeletAccess;
  readonly #limits: RequestLimits;
  readonly #budget: BodyBudget;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #failure: Fault | undefined;
  #cancel: (() => void) | undefined;

  constructor(endpoint: Endpoint, access: KubeletAccess, limits: RequestLimits, budget: BodyBudget) {
    this.#endpoint = endpoint;
    this.#access = access;
    this.#limits = limits;
    this.#budget = budget;
  }

  async run(): Promise<{ body: Buffer; encoding: string }> {
    const seconds = this.#limits.requestTimeoutMs / 1000;
    const timeout = () => this.fail(new Fault('unavailable', `the kubelet did not answer in full within ${seconds} s`));
    const timer = setTimeout(timeout, this.#limits.requestTimeoutMs);
    try {
      const answer = await this.#answer();
      if (answer.statusCode !== 200) throw await this.#refusal(answer);
      const body = await this.#body(answer);
      return { body, encoding: answer.headers['content-encoding'] ?? 'identity' };
    } catch (error) {
      throw this.#failure ?? (error instanceof Fault ? error : failureOf(error));
    } finally {
      clearTimeout(timer);
      this.#cancel = undefined;
    }
  }

  fail(fault: Fault): void {
    this.#failure ??= fault;
    this.#cancel?.();
  }

  release(): void {
    this.#budget.bytes -= this.#bytes;
    this.#bytes = 0;
    this.#chunks.length = 0;
  }

  async #answer(): Promise<IncomingMessage> {
    const first = await this.#send();
    if (!('error' in first)) return first;
    if (!first.reused || this.#failure) throw first.error;
    const second = await this.#send();
    if (!('error' in second)) return second;
    throw second.error;
  }

  #send(): Promise<IncomingMessage | { error: unknown; reused: boolean }> {
    const { host, port, path } = this.#endpoint;
    const { protocol, agent, authorization } = this.#access;
    const headers = {
      accept: 'text/plain;version=0.0.4',
      'accept-encoding': 'gzip',
      'user-agent': 'taffrail',
      ...(authorization === undefined ? {} : { authorization }),
    };
    const send = protocol === 'http:' ? httpRequest : httpsRequest;
    return new Promise((resolve) => {
      const request = send({ host, port, path, headers, agent });
      this.#cancel = () => request.destroy(new Error('given up'));
      request.on('response', resolve);
      // Stays for the body's time: a failure there is told by the answer itself.
      request.on('error', (error) => resolve({ error, reused: request.reusedSocket }));
      request.end();
    });
  }

  #body(answer: IncomingMessage): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const refuse = (problem: string) => {
        answer.destroy();
        reject(new Fault('unavailable', problem));
      };
      const { pageBytesMax, bodiesBytesMax } = this.#limits;
      answer.on('data', (chunk: Buffer) => {
        this.#bytes += chunk.length;
        this.#budget.bytes += chunk.length;
        this.#chunks.push(chunk);
        if (this.#bytes > pageBytesMax) refuse(`the page is larger than pageBytesMax (${pageBytesMax} bytes)`);
        else if (this.#budget.bytes > bodiesBytesMax)
          refuse(`the pages under way are larger than bodiesBytesMax (${bodiesBytesMax} bytes)`);
      });
      answer.on('error', reject);
      answer.on('close', () => reject(new Fault('unavailable', 'the page broke off')));
      answer.on('end', () => {
        if (answer.complete) resolve(this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks));
      });
    });
  }

  async #refusal(answer: IncomingMessage): Promise<Fault> {
    const code = answer.statusCode ?? 0;
    const said = code >= 300 && code < 400 ? '' : await errorText(answer);
    answer.destroy();
    const what = `the kubelet answered ${code} ${answer.statusMessage ?? ''}`.trim();
    if (code >= 300 && code < 400) return new Fault('unavailable', `${what}; redirects are not followed`);
    const hint = hintOfStatus(code, this.#access.authorization !== undefined);
    return new Fault('unavailable', said === '' ? what : `${what}: ${said}`, hint === undefined ? {} : { hint });
  }
}

async function errorText(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1');
    if (text.length >= errorTextBytesMax) break;
  }
  return text.slice(0, errorTextBytesMax).replace(/\s+/g, ' ').trim();
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
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  const hint = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code)
    ? '--kubelet-certificate-authority names who signs the kubelets, --kubelet-insecure-tls takes any certificate'
    : undefined;
  const message = `cannot ask the kubelet: ${messageOf(error) || code}`;
  return new Fault('unavailable', message, { cause: error, ...(hint === undefined ? {} : { hint }) });
}
