/** The servers that take the lines and are asked: ours, and a VictoriaLogs where TAFFRAIL_BENCH_VICTORIALOGS names one. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type OutgoingHttpHeaders } from 'node:http';
import { createServer } from 'node:net';
import { type Running, Running as Started, startServing, until } from '../../test/journeys/processes.ts';
import { ask, sendAll } from '../ask.ts';
import { cpuSecondsOf, diskBytesOf, figuresOf, type ProcessFigures } from '../runs/process-figures.ts';

/** Pushes under way at a time. */
export const parallel = 4;
const startTimeoutMs = 60_000;
const restCheckMs = 1500;
/** How often in turn it must be found at rest. */
const restsMin = 5;
const restingCpuSeconds = 0.05;
const restTimeoutMs = 600_000;
const ourFlags = ['--retention', '0', '--retention-size', '0'];
const theirFlags = ['-retentionPeriod=100y', '-httpListenAddr=127.0.0.1', '-loki.disableMessageParsing'];

type Start = (dataDir: string) => Promise<{ process: Running; url: string }>;

export class Peer {
  readonly name: string;
  readonly isOurs: boolean;
  readonly dataDir: string;
  readonly #start: Start;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: parallel });
  readonly #path: string;
  #process: Running | undefined;
  url = '';
  /** The highest resident memory of all its processes so far. */
  peakBytes = 0;

  private constructor(name: string, dataDir: string, path: string, start: Start) {
    this.name = name;
    this.isOurs = start === startOurs;
    this.dataDir = dataDir;
    this.#path = path;
    this.#start = start;
  }

  static ours(name: string, dataDir: string): Peer {
    return new Peer(name, dataDir, '/loki/api/v1/push', startOurs);
  }

  /** Undefined where there is none. */
  static theirs(dataDir: string): Peer | undefined {
    const binary = process.env.TAFFRAIL_BENCH_VICTORIALOGS;
    if (!binary) return undefined;
    return new Peer('VictoriaLogs', dataDir, '/insert/loki/api/v1/push', (directory) => startTheirs(binary, directory));
  }

  async start(): Promise<void> {
    const { process, url } = await this.#start(this.dataDir);
    this.#process = process;
    this.url = url;
  }

  async stop(): Promise<void> {
    if (this.#process?.isRunning) this.figures();
    await this.#process?.stop();
    this.#process = undefined;
  }

  /** Its data is read from the disk again after this. */
  async restartCold(): Promise<void> {
    await this.stop();
    forgetPages(this.dataDir);
    await this.start();
  }

  async close(): Promise<void> {
    await this.stop();
    this.#agent.destroy();
  }

  figures(): ProcessFigures {
    const figures = figuresOf(this.#process!.pid);
    this.peakBytes = Math.max(this.peakBytes, figures.peakResidentBytes);
    return figures;
  }

  /** To the nanosecond, of the threads that live: for what is short. */
  cpuMs(): number {
    return 1000 * cpuSecondsOf(this.#process!.pid);
  }

  diskBytes(): number {
    return diskBytesOf(this.dataDir);
  }

  /** Sends all, a few at a time, and waits until all are acknowledged. */
  push(bodies: readonly Buffer[]): Promise<void> {
    return sendAll(bodies, parallel, (body) => {
      const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
      return this.ask('POST', this.#path, headers, body);
    });
  }

  get(path: string, parameters: Record<string, string>): Promise<string> {
    return this.ask('GET', `${path}?${new URLSearchParams(parameters)}`);
  }

  /** The body of the answer, as text. */
  ask(method: string, path: string, headers: OutgoingHttpHeaders = {}, body?: Buffer): Promise<string> {
    return ask({ agent: this.#agent, method, url: this.url + path, headers, body });
  }

  /** Waits until merging has come to rest. Ours waits for two minutes for more lines: it is told that none will come. */
  async untilAtRest(): Promise<void> {
    await this.#untilQuiet();
    if (!this.isOurs) return;
    await this.ask('POST', '/taffrail/v1/store/tidy');
    await this.#untilQuiet();
  }

  async #untilQuiet(): Promise<void> {
    let before = this.figures().cpuSeconds;
    let rests = 0;
    await until(
      `${this.name} is at rest`,
      () => {
        const now = this.figures().cpuSeconds;
        rests = now - before < restingCpuSeconds ? rests + 1 : 0;
        before = now;
        return rests >= restsMin;
      },
      restTimeoutMs,
      restCheckMs,
    );
  }
}

function startOurs(dataDir: string): ReturnType<Start> {
  return startServing('server', dataDir, ourFlags);
}

async function startTheirs(binary: string, dataDir: string): ReturnType<Start> {
  const port = await freePort();
  const [retention, listen, parsing] = theirFlags;
  const process = new Started(binary, [`-storageDataPath=${dataDir}`, retention!, `${listen}:${port}`, parsing!]);
  const url = `http://127.0.0.1:${port}`;
  await until(
    'VictoriaLogs is ready',
    async () => {
      if (!process.isRunning) throw new Error(`VictoriaLogs ended: ${process.stderr}`);
      return fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    startTimeoutMs,
  );
  return { process, url };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** dd tells the kernel to forget the pages of each file (posix_fadvise), which needs no rights and bothers nobody else. */
function forgetPages(directory: string): void {
  const script =
    'find "$0" -type f -exec sh -c \'for file; do dd of="$file" oflag=nocache conv=notrunc,fdatasync count=0; done\' sh {} +';
  execFileSync('sh', ['-c', script, directory], { stdio: 'ignore' });
}
