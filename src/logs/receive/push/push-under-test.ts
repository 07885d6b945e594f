import fastify from 'fastify';
import { Fault, type FaultCode } from '../../../base/fault.ts';
import type { Principal } from '../../../http/principal.ts';
import { MetricsRegistry, silentLogger } from '../../../telemetry/telemetry.ts';
import type { LogStore } from '../../store/store.ts';
import { openTestStore, temporaryDirectory } from '../../store/store-fixture.ts';
import { registerPush } from '../receive.ts';

/* A server that takes pushes into a store of its own, and requests as clients make them. */

export interface StoredLine {
  labels: Readonly<Record<string, string>>;
  time: bigint;
  line: string;
  metadata: Readonly<Record<string, string>>;
}

export class PushServer {
  principal: Principal = { name: 'tester', tenant: 'default', roles: ['agent'], namespaces: '*' };
  /** What the store fails with, if it does. */
  failWith: FaultCode | undefined;
  readonly metrics = new MetricsRegistry();
  #url = '';
  #close: () => Promise<void> = async () => {};
  #store: LogStore | undefined;

  static async start(): Promise<PushServer> {
    const server = new PushServer();
    const directory = temporaryDirectory();
    const store = await openTestStore(directory.path);
    server.#store = store;
    const app = fastify();
    const failing = new Proxy(store, {
      get(target, name) {
        if (name === 'push' && server.failWith) return () => Promise.reject(new Fault(server.failWith!, 'no room'));
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    registerPush(app, {
      ...{ store: failing, log: silentLogger, metrics: server.metrics },
      principalOf: () => server.principal,
      nowMs: () => Date.now(),
    });
    server.#url = await app.listen({ host: '127.0.0.1', port: 0 });
    server.#close = async () => {
      await app.close();
      await store.close();
      directory.remove();
    };
    return server;
  }

  close(): Promise<void> {
    return this.#close();
  }

  get url(): string {
    return this.#url;
  }

  async push(
    body: Buffer,
    headers: Record<string, string> = {},
    path = '/loki/api/v1/push',
  ): Promise<{ status: number; text: string; retryAfter?: string }> {
    const response = await fetch(`${this.#url}${path}`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
    const retryAfter = response.headers.get('retry-after');
    return { status: response.status, text: await response.text(), ...(retryAfter !== null && { retryAfter }) };
  }

  /** Everything stored, by time. */
  async lines(tenant = 'default'): Promise<StoredLine[]> {
    return storedLines(this.#store!, tenant);
  }
}

export async function storedLines(store: LogStore, tenant = 'default'): Promise<StoredLine[]> {
  const scope = { tenant, namespaces: '*' } as const;
  const lines: StoredLine[] = [];
  for (const { id, labels } of store.pushedStreams(scope)) {
    for await (const { text, starts, times, metadata } of store.readPushed(scope, id, { direction: 'forward' })) {
      for (const [i, time] of times.entries()) {
        const line = text.toString('utf8', starts[i], starts[i + 1]! - 1);
        lines.push({ labels, time, line, metadata: metadata.sets[metadata.of[i]!]! });
      }
    }
  }
  return lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

export function json(streams: unknown): Buffer {
  return Buffer.from(JSON.stringify({ streams }));
}

type Entry = readonly [time: bigint, line: string, metadata?: Record<string, string>];

/** Loki's push request with one stream. */
export function message(labels: string, entries: readonly Entry[]): Buffer {
  const encoded = entries.map(([time, line, metadata = {}]) => {
    const timestamp = Buffer.concat([whole(1, time / 1_000_000_000n), whole(2, time % 1_000_000_000n)]);
    const pairs = Object.entries(metadata).map(([name, value]) =>
      field(3, Buffer.concat([field(1, name), field(2, value)])),
    );
    return field(2, Buffer.concat([field(1, timestamp), field(2, line), ...pairs]));
  });
  return field(1, Buffer.concat([field(1, labels), ...encoded]));
}

export function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(bytes.length)), bytes]);
}

export function whole(number: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(number * 8)), varint(BigInt.asUintN(64, value))]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** One literal. */
export function snappy(bytes: Buffer): Buffer {
  if (bytes.length === 0) return Buffer.from([0]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length - 1);
  return Buffer.concat([varint(BigInt(bytes.length)), Buffer.from([63 << 2]), length, bytes]);
}
