import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import type { KubeObject } from '../../kubernetes/client/client.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control.ts';

/** A control plane for a test, and a client that hides nothing: codes, headers and bodies as they come. */
export interface StartedPlane {
  plane: ControlPlane;
  dataDir: string;
  metrics: MetricsRegistry;
  call(method: string, path: string, options?: CallOptions): Promise<Called>;
  /** The events of a watch, one after another. */
  watch(path: string, headers?: Record<string, string>): Promise<Watched>;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  /** Replaces the administrator's certificate; `null`: no credentials at all. */
  tls?: RequestOptions | null;
}

export interface Called {
  code: number;
  headers: IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are open objects, and tests look at what they expect
  body: any;
}

export interface WatchEvent {
  type: string;
  object: KubeObject;
}

export interface Watched {
  /** The next event; rejects when the watch has ended. */
  next(): Promise<WatchEvent>;
  /** Resolves when the server ends the watch. */
  ended: Promise<void>;
  response: IncomingMessage;
  stop(): void;
}

interface Cleanup {
  after(end: () => unknown): void;
}

export function scratchDirectory(t: Cleanup): string {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-control-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function startPlane(t: Cleanup, options: Partial<ControlPlaneOptions> = {}): Promise<StartedPlane> {
  const dataDir = options.dataDir ?? scratchDirectory(t);
  const metrics = new MetricsRegistry();
  const defaults = { dataDir, host: '127.0.0.1', port: 0, log: silentLogger, metrics, clock: systemClock };
  const plane = await startControlPlane({ ...defaults, ...options });
  const agent = new Agent({ keepAlive: true });
  t.after(async () => {
    agent.destroy();
    await plane.close();
  });
  const administrator: RequestOptions = {
    ...credentials(plane),
    agent,
  };
  const open = (method: string, path: string, { headers = {}, tls = administrator, body }: CallOptions) => {
    const bytes = bytesOf(body);
    // Said explicitly: Node sends neither a length nor chunks with the body of a DELETE.
    const length = bytes ? { 'content-length': String(bytes.length) } : {};
    const outgoing = request(`${plane.url}${path}`, {
      ca: plane.access.ca,
      method,
      headers: { ...length, ...headers },
      ...(tls ?? {}),
    });
    outgoing.end(bytes);
    return outgoing;
  };
  return {
    plane,
    dataDir,
    metrics,
    call: async (method, path, call = {}) => {
      const outgoing = open(method, path, call);
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      let text = '';
      for await (const chunk of response) text += String(chunk);
      const isJson = text !== '' && response.headers['content-type']?.includes('json');
      return {
        code: response.statusCode!,
        headers: response.headers,
        text,
        body: isJson ? JSON.parse(text) : undefined,
      };
    },
    watch: async (path, headers = {}) => {
      const outgoing = open('GET', path, { headers, tls: { ...credentials(plane), agent: false } });
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      return watched(response);
    },
  };
}

function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function credentials({ access }: ControlPlane): RequestOptions {
  return { ca: access.ca, cert: access.clientCertificate, key: access.clientKey };
}

function watched(response: IncomingMessage): Watched {
  const events = readEvents(response);
  return {
    response,
    next: async () => {
      const { value, done } = await events.next();
      if (done) throw new Error(`the watch ended with ${response.statusCode}`);
      return value;
    },
    ended: new Promise((resolve) => response.once('close', resolve)),
    stop: () => response.destroy(),
  };
}

async function* readEvents(response: IncomingMessage): AsyncGenerator<WatchEvent, undefined> {
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') yield JSON.parse(line) as WatchEvent;
  }
  return undefined;
}

export const podsPath = '/api/v1/namespaces/default/pods';
export const mapsPath = '/api/v1/namespaces/default/configmaps';

export function podNamed(name: string, more: Record<string, unknown> = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'a', image: 'b' }], ...more },
  };
}

export function mapNamed(name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
}
