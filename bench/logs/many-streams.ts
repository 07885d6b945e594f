/** As many streams as a large cluster has: what they cost while they come in, and how long labels and series take to list. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Corpus } from '../corpus.ts';
import { median } from './ask-all.ts';
import { type CorpusLine, linesOfContainer } from './lines-of-corpus.ts';
import { type Loaded, pushAll } from './load.ts';
import type { Peer } from './peers.ts';
import { PushMessage } from './push-message.ts';
import type { PushRequests } from './push-requests.ts';

const streamsMax = 100_000;
const streamsOfRequest = 500;
const linesOfStream = 10;
/** Different ones, at most. */
const textsMax = 5000;
const namespaces = 50;
const podsOfApp = 100;
const listRuns = 5;
const firstSeconds = Date.parse('2026-11-22T08:00:00Z') / 1000;

export interface ManyStreams {
  streams: number;
  loaded: Loaded;
  /** How long each kind of list took: the median. */
  lists: { name: string; ms: number }[];
}

/** Ten lines of each stream in one push, `rounds` times. */
export function manyStreamRequests(corpus: Corpus, rounds: number): PushRequests {
  const texts = someLines(corpus, textsMax);
  const message = new PushMessage();
  const found: PushRequests = {
    bodies: [],
    lines: 0,
    textBytes: 0,
    streams: streamsMax,
    firstSeconds,
    lastSeconds: firstSeconds,
  };
  for (let round = 0; round < rounds; round++) {
    for (let first = 0; first < streamsMax; first += streamsOfRequest) {
      for (let i = 0; i < streamsOfRequest; i++) {
        const seconds = firstSeconds + round * linesOfStream;
        const own = Array.from({ length: linesOfStream }, (_, n) => texts[(i * linesOfStream + n) % texts.length]!);
        message.addStream(
          labelsOf(first + i),
          own.map(({ text, nanos }, n) => ({ text, nanos, seconds: seconds + n })),
        );
      }
      found.lines += message.lines;
      found.textBytes += message.textBytes;
      found.bodies.push(message.finish());
    }
  }
  return { ...found, lastSeconds: firstSeconds + rounds * linesOfStream };
}

function labelsOf(stream: number): string {
  const app = Math.floor(stream / podsOfApp);
  const pod = `app-${app}-${(stream * 2_654_435_761) % 2 ** 32}-${stream % podsOfApp}`;
  return `{app="app-${app}",cluster="bench",container="main",namespace="team-${app % namespaces}",pod="${pod}"}`;
}

function someLines({ logRoot }: Corpus, count: number): CorpusLine[] {
  const [name] = readdirSync(logRoot).sort();
  const [container] = readdirSync(join(logRoot, name!));
  const lines: CorpusLine[] = [];
  for (const line of linesOfContainer(join(logRoot, name!, container!))) {
    if (lines.push({ ...line, text: Buffer.from(line.text) }) === count) break;
  }
  return lines;
}

export async function manyStreams(peer: Peer, requests: PushRequests): Promise<ManyStreams> {
  const loaded = await pushAll(peer, requests);
  const range = { start: String(requests.firstSeconds - 3600), end: String(requests.lastSeconds + 3600) };
  const lists: ManyStreams['lists'] = [];
  for (const [name, ours, theirs] of listings) {
    const [path, parameters, countOf] = peer.isOurs ? ours : theirs;
    const took: number[] = [];
    for (let run = 0; run < listRuns; run++) {
      const begun = performance.now();
      const text = await peer.get(path, { ...parameters, ...range });
      took.push(performance.now() - begun);
      const count = countOf(text);
      if (run === 0 && count !== wanted[name])
        throw new Error(`${peer.name} lists ${count} ${name}, not ${wanted[name]}`);
    }
    lists.push({ name, ms: median(took) });
  }
  return { streams: requests.streams, loaded, lists };
}

const wanted: Record<string, number> = {
  'apps (label values)': streamsMax / podsOfApp,
  'pods (label values)': streamsMax,
  'pods of a namespace': streamsMax / namespaces,
  'series of an app': podsOfApp,
};

type Listing = [path: string, parameters: Record<string, string>, countOf: (text: string) => number];

const ourCount = (text: string) => (JSON.parse(text) as { data: unknown[] }).data.length;
const theirCount = (text: string) => (JSON.parse(text) as { values: unknown[] }).values.length;

const listings: [name: string, ours: Listing, theirs: Listing][] = [
  [
    'apps (label values)',
    ['/loki/api/v1/label/app/values', {}, ourCount],
    ['/select/logsql/stream_field_values', { query: '*', field: 'app' }, theirCount],
  ],
  [
    'pods (label values)',
    ['/loki/api/v1/label/pod/values', {}, ourCount],
    ['/select/logsql/stream_field_values', { query: '*', field: 'pod' }, theirCount],
  ],
  [
    'pods of a namespace',
    ['/loki/api/v1/label/pod/values', { query: '{namespace="team-7"}' }, ourCount],
    ['/select/logsql/stream_field_values', { query: '{namespace="team-7"}', field: 'pod' }, theirCount],
  ],
  [
    'series of an app',
    ['/loki/api/v1/series', { 'match[]': '{app="app-7"}' }, ourCount],
    ['/select/logsql/streams', { query: '{app="app-7"}' }, theirCount],
  ],
];
