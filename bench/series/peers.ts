/** The servers that take the series: ours, and a Prometheus 3 where there is one. */
import { readdirSync } from 'node:fs';
import { Agent, type OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { atEnd, type Cleanup, type Running, startServing } from '../../test/journeys/processes.ts';
import { startPrometheus, toolPath } from '../../test/journeys/prometheus-peer.ts';
import { ask, sendAll } from '../ask.ts';
import { diskBytesOf, figuresOf, type ProcessFigures } from '../runs/process-figures.ts';
import type { Request } from './requests.ts';

/** Requests under way at a time, as a Prometheus has that sends as much. */
const parallel = 4;
const config = 'global:\n  scrape_interval: 15s\n';

type BlockBytes = (peer: Peer) => number | undefined | Promise<number>;

export class Peer {
  readonly name: string;
  readonly url: string;
  readonly #blockBytes: BlockBytes;
  readonly #process: Running;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: parallel });

  constructor(name: string, url: string, process: Running, blockBytes: BlockBytes) {
    this.name = name;
    this.url = url;
    this.#blockBytes = blockBytes;
    this.#process = process;
  }

  figures(): ProcessFigures {
    return figuresOf(this.#process.pid);
  }

  /** What blocks of all samples take on disk; undefined as long as they are not there. */
  blockBytes(): ReturnType<BlockBytes> {
    return this.#blockBytes(this);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Sends all requests, a few at a time, and waits until all are acknowledged. */
  write(requests: readonly Request[]): Promise<void> {
    return sendAll(requests, parallel, ({ body }) => this.post(body));
  }

  async post(body: Buffer): Promise<void> {
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
      'content-length': body.length,
    };
    await this.ask('POST', '/api/v1/write', headers, body);
  }

  get(path: string, parameters: Record<string, string>): Promise<string> {
    return this.ask('GET', `${path}?${new URLSearchParams(parameters)}`);
  }

  /** The body of the answer, as text. */
  ask(method: string, path: string, headers: OutgoingHttpHeaders = {}, body?: Buffer): Promise<string> {
    return ask({ agent: this.#agent, method, url: this.url + path, headers, body });
  }
}

export async function startOurs(t: Cleanup, directory: string): Promise<Peer> {
  const dataDir = join(directory, 'taffrail');
  const { process, url } = await startServing('server', dataDir);
  atEnd(t, () => process.stop());
  return closedAtEnd(t, new Peer('Taffrail', url, process, () => ourBlockBytes(join(dataDir, 'series'))));
}

/** Undefined where there is none. */
export async function startPeer(t: Cleanup, directory: string): Promise<Peer | undefined> {
  const named = process.env.TAFFRAIL_BENCH_PROMETHEUS;
  if (named) process.env.TAFFRAIL_PROMETHEUS = named;
  try {
    toolPath('prometheus');
  } catch {
    return undefined;
  }
  const path = join(directory, 'prometheus');
  const started = await startPrometheus(t, path, config, [
    '--web.enable-remote-write-receiver',
    '--web.enable-admin-api',
  ]);
  return closedAtEnd(
    t,
    new Peer('Prometheus', started.url, started.process, (peer) => snapshotBytes(peer, join(path, 'data'))),
  );
}

function closedAtEnd(t: Cleanup, peer: Peer): Peer {
  atEnd(t, () => peer.close());
  return peer;
}

/** A block is made of a stretch of two hours, and then the files of its write-ahead log are removed: only that of now is left. */
function ourBlockBytes(directory: string): number | undefined {
  if (readdirSync(join(directory, 'wal')).length > 1) return undefined;
  return diskBytesOf(join(directory, 'blocks')) || undefined;
}

/** Prometheus keeps up to three hours out of blocks; in a snapshot, which it makes of blocks alone, they are in one. */
async function snapshotBytes(peer: Peer, directory: string): Promise<number> {
  const { name } = JSON.parse(await peer.ask('POST', '/api/v1/admin/tsdb/snapshot')).data;
  return diskBytesOf(join(directory, 'snapshots', name));
}
