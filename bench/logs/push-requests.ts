/**
 * The corpus as Loki's push requests, made once a size and kept beside it: what encoding costs is no part of what is measured.
 * Eight agents have eight containers each; a request is about a megabyte of text of all containers of one agent.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Corpus } from '../corpus.ts';
import { type CorpusLine, linesOfContainer } from './lines-of-corpus.ts';
import { PushMessage } from './push-message.ts';

/** Raised when the encoding changes, so that what was made before is not taken for it. */
const VERSION = 1;
const containersOfAgent = 8;
/** Of one stream in one request. */
const streamTextBytes = 128 * 1024;
const LENGTH_BYTES = 4;

export interface PushRequests {
  bodies: Buffer[];
  lines: number;
  textBytes: number;
  streams: number;
  /** The seconds that hold all lines. */
  firstSeconds: number;
  lastSeconds: number;
}

/** Requests lie agent by agent. */
interface Description extends Omit<PushRequests, 'bodies'> {
  requestsOfAgents: number[];
}

export function pushRequestsOf(corpus: Corpus): PushRequests {
  const home = join(corpus.logRoot, '..');
  const path = join(home, `loki-push-v${VERSION}`);
  const description = `${path}.json`;
  if (!existsSync(description)) {
    process.stderr.write('bench: logs, encoding pushes\n');
    const making = `${path}.making-${process.pid}`;
    const made = encode(corpus.logRoot, making);
    renameSync(making, path);
    writeFileSync(description, `${JSON.stringify(made)}\n`);
    rmSync(making, { force: true });
  }
  const found: Description = JSON.parse(readFileSync(description, 'utf8'));
  return { ...found, bodies: inTurn(bodiesOf(path), found.requestsOfAgents) };
}

function encode(logRoot: string, path: string): Description {
  const names = readdirSync(logRoot).sort();
  const found: Description = {
    lines: 0,
    textBytes: 0,
    streams: names.length,
    firstSeconds: Number.MAX_VALUE,
    lastSeconds: 0,
    requestsOfAgents: [],
  };
  const file = openSync(path, 'w');
  const message = new PushMessage();
  for (let first = 0; first < names.length; first += containersOfAgent) {
    const containers = names.slice(first, first + containersOfAgent).map((name) => new Container(logRoot, name));
    let requests = 0;
    while (containers.filter((container) => container.fill()).length > 0) {
      requests++;
      for (const { labels, lines } of containers) {
        if (lines.length === 0) continue;
        message.addStream(labels, lines);
        found.firstSeconds = Math.min(found.firstSeconds, lines[0]!.seconds);
        found.lastSeconds = Math.max(found.lastSeconds, lines.at(-1)!.seconds);
      }
      found.lines += message.lines;
      found.textBytes += message.textBytes;
      const body = message.finish();
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(body.length);
      writeSync(file, length);
      writeSync(file, body);
    }
    found.requestsOfAgents.push(requests);
  }
  closeSync(file);
  return found;
}

/** A container as its agent reads it: `lines` is what goes into the next request. */
class Container {
  readonly labels: string;
  lines: CorpusLine[] = [];
  readonly #all: Generator<CorpusLine>;

  constructor(logRoot: string, name: string) {
    const [namespace, pod] = name.split('_');
    const [container] = readdirSync(join(logRoot, name));
    this.labels = `{cluster="bench",container="${container}",namespace="${namespace}",pod="${pod}"}`;
    this.#all = linesOfContainer(join(logRoot, name, container!));
  }

  fill(): boolean {
    this.lines = [];
    for (let bytes = 0; bytes < streamTextBytes; bytes += this.lines.at(-1)!.text.length) {
      const next = this.#all.next();
      if (next.done) break;
      this.lines.push(next.value);
    }
    return this.lines.length > 0;
  }
}

/** As agents that run beside each other send them. */
function inTurn(bodies: readonly Buffer[], requestsOfAgents: readonly number[]): Buffer[] {
  let first = 0;
  const agents = requestsOfAgents.map((count) => bodies.slice(first, (first += count)));
  const rounds = Math.max(...requestsOfAgents);
  return Array.from({ length: rounds }, (_, round) => agents.flatMap((agent) => agent[round] ?? [])).flat();
}

function bodiesOf(path: string): Buffer[] {
  const file = readFileSync(path);
  const bodies: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const end = at + LENGTH_BYTES + file.readUInt32LE(at);
    bodies.push(file.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return bodies;
}
