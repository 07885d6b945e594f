/**
 * A client that does nothing but read, in a process of its own: no parser of HTTP, no copies, so that a figure is the server's and
 * not its own. Started by bench/resources.ts; answers each question with what it measured.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

export interface ReaderQuestion {
  url: string;
  /** Of a server that is asked the same, half a pause after the other. */
  controlUrl?: string;
  certificate: string;
  key: string;
  /** Asked one after the other on one connection. */
  paths: string[];
  pauseMs: number;
}

export interface ReaderAnswer {
  /** Of each request, from its first byte sent to the last one read. */
  tookMs: number[];
  /** The same of the control. */
  controlTookMs: number[];
  /** When it was asked, wall time. */
  askedAtMs: number[];
  bodyBytes: number;
}

const bytes = Buffer.allocUnsafeSlow(64 * 1024);
const chunkedEnd = '0\r\n\r\n';

/** Invariant: one request is under way at most; `#got` is called with what has come of its answer. */
class Connection {
  readonly #socket: TLSSocket;
  readonly #host: string;
  #got: (length: number) => void = () => {};

  constructor(url: string, certificate: string, key: string) {
    const { hostname, port, host } = new URL(url);
    this.#host = host;
    const onread = { buffer: bytes, callback: (length: number) => this.#read(length) };
    const options: ConnectionOptions = {
      host: hostname,
      port: Number(port),
      cert: certificate,
      key,
      rejectUnauthorized: false,
    };
    // The types know onread of plain sockets only.
    this.#socket = connect({ ...options, ...({ onread } as object) });
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => {
      throw error;
    });
    this.#socket.resume();
  }

  async opened(): Promise<void> {
    await once(this.#socket, 'secureConnect');
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The length of the body, chunks' sizes included where it comes in chunks. */
  get(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      let head = '';
      let [total, bodyStart, end] = [0, -1, -1];
      let tail = '';
      this.#got = (length) => {
        total += length;
        tail = (tail + bytes.toString('latin1', Math.max(0, length - chunkedEnd.length), length)).slice(
          -chunkedEnd.length,
        );
        if (bodyStart < 0) {
          head += bytes.toString('latin1', 0, length);
          const blank = head.indexOf('\r\n\r\n');
          if (blank < 0) return;
          if (!head.startsWith('HTTP/1.1 200')) reject(new Error(`${path}: ${head}`));
          bodyStart = blank + 4;
          const said = /^content-length: (\d+)\r$/im.exec(head.slice(0, bodyStart));
          if (said) end = bodyStart + Number(said[1]);
        }
        if (end < 0 ? tail === chunkedEnd : total >= end) resolve(total - bodyStart);
      };
      this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nAccept: application/json\r\n\r\n`);
    });
  }

  #read(length: number): boolean {
    this.#got(length);
    return true;
  }
}

async function answer(question: ReaderQuestion): Promise<ReaderAnswer> {
  const { url, controlUrl, certificate, key, paths, pauseMs } = question;
  const connection = new Connection(url, certificate, key);
  const control = controlUrl === undefined ? undefined : new Connection(controlUrl, certificate, key);
  await Promise.all([connection.opened(), control?.opened()]);
  const tookMs: number[] = [];
  const controlTookMs: number[] = [];
  const askedAtMs: number[] = [];
  let bodyBytes = 0;
  const timed = async (asked: Connection, path: string) => {
    const startedMs = performance.now();
    bodyBytes = await asked.get(path);
    return performance.now() - startedMs;
  };
  for (const path of paths) {
    if (control !== undefined) {
      controlTookMs.push(await timed(control, path));
      await sleep(pauseMs / 2);
    }
    askedAtMs.push(Date.now());
    tookMs.push(await timed(connection, path));
    await sleep(control === undefined ? pauseMs : pauseMs / 2);
  }
  connection.close();
  control?.close();
  return { tookMs, controlTookMs, askedAtMs, bodyBytes };
}

process.on('disconnect', () => process.exit());
process.on('message', async (question: ReaderQuestion) => process.send!(await answer(question)));
