import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type BatchFrame,
  type Cover,
  decodeFrames,
  decodeLines,
  type Fact,
  type Frame,
  type FrameResult,
  type HeldRange,
  type InstanceKey,
  instanceId,
  type ResolvedInstance,
  type ResolveRequest,
} from '../../src/logs/batch/batch.ts';

export interface StoredLine {
  text: Buffer;
  time: bigint;
  flags: number;
}

export interface StoredInstance {
  id: string;
  key: InstanceKey;
  covers: Cover[];
  batches: BatchFrame[];
}

/** A small server that keeps the protocol's promises in memory; it can be made to stall, refuse or forget. */
export class MemoryServer {
  readonly instances = new Map<string, StoredInstance>();
  readonly facts: Fact[] = [];
  epoch = 'epoch-1';
  /** Answers with this status instead, while it is set. */
  failWith: number | null = null;
  /** Answers only after this, having done what was asked. */
  stallAfter: Promise<void> | null = null;
  requests = 0;
  /** Frames that came although exactly these ranges were held. */
  repeated = 0;
  #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<MemoryServer> {
    const server = createServer();
    const self = new MemoryServer(server);
    server.on('request', async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      self.requests++;
      const answer = self.#answer(
        request.url ?? '',
        String(request.headers['taffrail-epoch'] ?? ''),
        Buffer.concat(parts),
      );
      if (self.stallAfter) await self.stallAfter;
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return self;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** All lines of the instances of a container, in the order of instance ids' arrival and then of the file. */
  lines(container: string, attempt = 0): StoredLine[] {
    const lines: StoredLine[] = [];
    for (const instance of this.instances.values()) {
      if (instance.key.container !== container || instance.key.attempt !== attempt) continue;
      const ordered = instance.batches.toSorted(
        (a, b) =>
          compare(a.header.order.segment, b.header.order.segment) || a.header.order.offset - b.header.order.offset,
      );
      for (const batch of ordered) {
        const { text, starts, times, flags } = decodeLines(batch);
        for (let i = 0; i < batch.header.lineCount; i++) {
          lines.push({ text: text.subarray(starts[i]!, starts[i + 1]! - 1), time: times[i]!, flags: flags[i]! });
        }
      }
    }
    return lines;
  }

  gaps() {
    return this.facts.filter((fact) => fact.kind === 'gap');
  }

  #answer(url: string, epoch: string, body: Buffer): { status: number; body: unknown } {
    if (this.failWith !== null)
      return { status: this.failWith, body: { error: { code: 'overloaded', message: 'told to' } } };
    if (url === '/taffrail/v1/agent/resolve') return { status: 200, body: this.#resolve(JSON.parse(body.toString())) };
    if (epoch !== this.epoch) return { status: 409, body: { error: { code: 'conflict', message: 'epoch' } } };
    const results = decodeFrames(body).map((frame) => this.#append(frame));
    return { status: 200, body: { epoch: this.epoch, results } };
  }

  #resolve(request: ResolveRequest) {
    const instances = request.offers.map((offer): ResolvedInstance => {
      const same = (instance: StoredInstance) => JSON.stringify(instance.key) === JSON.stringify(offer.key);
      let found = [...this.instances.values()].find(
        (instance) =>
          instance.id === offer.continues ||
          (same(instance) && instance.covers.some(({ segment }) => offer.segments.includes(segment))),
      );
      if (!found) {
        const id = instanceId('default', offer.key, offer.segments[0]!);
        found = { id, key: offer.key, covers: [], batches: [] };
        this.instances.set(id, found);
      }
      const names = new Set([...offer.segments, ...found.covers.map(({ segment }) => segment)]);
      const segments = [...names].map((segment) => ({ segment, held: heldOf(found.covers, segment) }));
      return { id: found.id, deleted: false, segments };
    });
    return { epoch: this.epoch, instances };
  }

  #append(frame: Frame): FrameResult {
    if (frame.kind === 'facts') {
      for (const fact of frame.facts) {
        this.facts.push(fact);
        if (fact.kind === 'excluded') this.instances.get(fact.instance)?.covers.push(...fact.covers);
      }
      return { status: 'stored' };
    }
    const instance = this.instances.get(frame.header.instance);
    if (!instance) return { status: 'unknown-instance' };
    const { covers } = frame.header;
    const known = covers.filter((cover) => instance.covers.some((held) => sameCover(held, cover)));
    if (known.length === covers.length) {
      this.repeated++;
      return { status: 'held' };
    }
    const overlaps = covers.some((cover) => instance.covers.some((held) => meets(held, cover)));
    if (overlaps) {
      const names = [...new Set(covers.map(({ segment }) => segment))];
      return { status: 'overlap', held: names.map((segment) => ({ segment, held: heldOf(instance.covers, segment) })) };
    }
    // The request's body is ours, but decodeFrames made views of it.
    instance.batches.push(frame);
    instance.covers.push(...covers);
    return { status: 'stored' };
  }
}

function heldOf(covers: Cover[], segment: string): HeldRange[] {
  const held: HeldRange[] = [];
  for (const cover of covers.filter((cover) => cover.segment === segment).sort((a, b) => a.from - b.from)) {
    const last = held.at(-1);
    if (last && last.to === cover.from)
      Object.assign(last, { to: cover.to, tailFrom: cover.from, tailHash: cover.hash });
    else held.push({ from: cover.from, to: cover.to, tailFrom: cover.from, tailHash: cover.hash });
  }
  return held;
}

function sameCover(a: Cover, b: Cover): boolean {
  return a.segment === b.segment && a.from === b.from && a.to === b.to && a.hash === b.hash;
}

function meets(a: Cover, b: Cover): boolean {
  return a.segment === b.segment && a.from < b.to && b.from < a.to;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
