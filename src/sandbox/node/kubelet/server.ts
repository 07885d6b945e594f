import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import { Fault, messageOf } from '../../../base/fault.ts';
import type { Reviews } from '../../../kubernetes/delegate/delegate.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import { readLogs } from './container-logs.ts';
import type { Kubelet } from './kubelet.ts';
import { type LogOptions, logOptionsOf } from './log-options.ts';
import { type ContainerStatus, containersOf } from './pod.ts';
import type { PodWorker } from './pod-worker.ts';
import { refusalOf } from './request-access.ts';
import type { StatsPages } from './stats-pages.ts';

export interface KubeletServerOptions {
  kubelet: Kubelet;
  pages: StatsPages;
  reviews: Reviews;
  nodeName: string;
  tls: { cert: string; key: string; clientCa: string };
  clock: Clock;
  log: Logger;
}

const connectionsMax = 512;
const headersTimeoutMs = 10_000;

/** The kubelet's HTTP API, for whom the API server lets in. */
export class KubeletServer {
  #options: KubeletServerOptions;
  #server: Server;
  #closing = new AbortController();

  constructor(options: KubeletServerOptions) {
    this.#options = options;
    const { cert, key, clientCa } = options.tls;
    // An unknown client is let through the handshake to be told 401, as by the kubelet.
    const tls = { cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: false };
    this.#server = createServer(
      { ...tls, headersTimeout: headersTimeoutMs },
      (request, response) => void this.#handle(request, response),
    );
    this.#server.maxConnections = connectionsMax;
  }

  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  close(): Promise<void> {
    this.#closing.abort();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', 'https://kubelet');
      const refusal = await refusalOf(request, url.pathname, this.#options);
      if (refusal) return plain(response, refusal.code, refusal.text);
      if (request.method !== 'GET') return plain(response, 405, 'Method Not Allowed\n');
      const parts = url.pathname.split('/').slice(1).map(decodeURIComponent);
      if (url.pathname === '/healthz') plain(response, 200, 'ok');
      else if (parts[0] === 'pods' && parts.length <= 2) this.#pods(response);
      else if (parts[0] === 'containerLogs' && parts.length === 4) {
        await this.#logs(response, parts.slice(1) as [string, string, string], url.searchParams);
      } else await this.#page(response, url);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else if (error instanceof Fault) plain(response, error.code === 'not-found' ? 404 : 400, error.message);
      else plain(response, error instanceof URIError ? 400 : 500, messageOf(error));
    }
  }

  async #page(response: ServerResponse, { pathname, searchParams }: URL): Promise<void> {
    const page = await this.#options.pages.get(pathname, searchParams);
    if (!page) return plain(response, 404, '404 page not found\n');
    response.writeHead(200, { 'content-type': page.contentType }).end(page.body);
  }

  #pods(response: ServerResponse): void {
    const items = this.#options.kubelet.pods.map(({ pod, status }) => ({ ...pod, status }));
    const body = JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items });
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  }

  async #logs(
    response: ServerResponse,
    [namespace, name, container]: [string, string, string],
    query: URLSearchParams,
  ): Promise<void> {
    const { kubelet, clock } = this.#options;
    const options = logOptionsOf(query, clock.nowMs());
    const worker = kubelet.podNamed(namespace, name);
    if (!worker) throw new Fault('not-found', `pod "${name}" does not exist\n`);
    if (!containersOf(worker.pod).some((each) => each.name === container)) {
      throw new Fault('not-found', `container "${container}" not found in pod "${name}"\n`);
    }
    const id = instanceOf(worker, container, options);
    const record = worker.recordWith(id);
    if (!record) throw new Fault('bad-request', `unable to retrieve container logs for taffrail://${id}`);
    const source = { path: record.logPath, running: () => worker.recordWith(id)?.state === 'running' };
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
    for await (const chunk of readLogs(source, options, clock, signal)) await written(response, chunk, signal);
    response.end();
  }
}

/** Waits for a slow reader, whose connection is then the only buffer. */
function written(response: ServerResponse, chunk: Buffer, signal: AbortSignal): Promise<void> | void {
  if (response.write(chunk) || signal.aborted) return;
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}

function plain(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

/** The id of the instance whose log is meant, by the pod's status; refusals in the kubelet's words. */
function instanceOf(worker: PodWorker, container: string, { previous }: LogOptions): string {
  const { name } = worker.pod.metadata;
  const refuse = (what: string) => new Fault('bad-request', what);
  const status = statusOf(worker, container);
  if (!status) throw refuse(`container "${container}" in pod "${name}" is not available`);
  const { state, lastState } = status;
  const last = lastState.terminated?.containerID;
  if (previous) {
    if (last === undefined) throw refuse(`previous terminated container "${container}" in pod "${name}" not found`);
    return bare(last);
  }
  const present = state.running ? status.containerID : (state.terminated?.containerID ?? last);
  if (present !== undefined) return bare(present);
  if (state.terminated) throw refuse(`container "${container}" in pod "${name}" is terminated`);
  if (!state.waiting) throw refuse(`container "${container}" in pod "${name}" is waiting to start - no logs yet`);
  throw refuse(`container "${container}" in pod "${name}" is waiting to start: ${state.waiting.reason}`);
}

function statusOf(worker: PodWorker, container: string): ContainerStatus | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = worker.status ?? {};
  return [...initContainerStatuses, ...containerStatuses].find(({ name }) => name === container);
}

function bare(containerId: string): string {
  return containerId.replace(/^.*:\/\//, '');
}
