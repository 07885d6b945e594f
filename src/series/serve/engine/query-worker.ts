/** The other side of QueryThread: computes one query at a time over series that were gathered elsewhere. */
import { parentPort, workerData } from 'node:worker_threads';
import { instantQuery, type QueryResult, rangeQuery } from '../../query/query.ts';
import { queryJson } from '../answer/query-json.ts';
import { failureOf } from './failure.ts';
import { packResult } from './packed-result.ts';
import { type FromThread, stopWord, type Task, type ToThread } from './protocol.ts';
import { SelectionSource } from './selection-source.ts';
import { queryStats } from './stages.ts';

/** Pieces that are made ahead of the reader. */
const piecesAheadMax = 4;

const port = parentPort!;
const flags = new Int32Array((workerData as { stop: SharedArrayBuffer }).stop);
const stopSignal = {
  get aborted() {
    return Atomics.load(flags, stopWord) !== 0;
  },
};
let pieces: Generator<Buffer> | undefined;

port.on('message', (message: ToThread) => {
  if (message.kind === 'run') void run(message);
  else if (message.kind === 'more') send(1);
  else if (pieces !== undefined) finish();
});

async function run(task: Task): Promise<void> {
  try {
    const startMs = performance.now();
    const source = new SelectionSource(task.reads, task.options.samplesMax);
    const result = await computed(task, source);
    const seconds = (performance.now() - startMs) / 1000;
    source.release();
    if (task.form === 'value') return tell({ kind: 'value', result: packResult(result) });
    pieces = queryJson(
      result,
      task.seriesMax,
      task.stats && queryStats({ ...task.stats, samples: source.samples }, seconds),
    );
    send(piecesAheadMax);
  } catch (error) {
    tell({ kind: 'failed', failure: failureOf(error) });
  }
}

function computed({ query, startMs, endMs, stepMs, options }: Task, source: SelectionSource): Promise<QueryResult> {
  const request = { query, source, scope: { tenant: '', namespaces: '*' as const }, signal: stopSignal };
  if (stepMs === 0) return instantQuery({ ...request, timeMs: startMs }, options);
  return rangeQuery({ ...request, startMs, endMs, stepMs }, options);
}

function send(count: number): void {
  for (let sent = 0; sent < count && pieces !== undefined; sent++) {
    const { value, done } = pieces.next();
    if (done || value === undefined) finish();
    else tell({ kind: 'piece', bytes: value });
  }
}

function finish(): void {
  pieces = undefined;
  tell({ kind: 'end' });
}

function tell(message: FromThread): void {
  // Small buffers are slices of a pool that must stay here; they are copied.
  const movable = message.kind === 'piece' && message.bytes.byteLength === message.bytes.buffer.byteLength;
  port.postMessage(message, movable ? [message.bytes.buffer as ArrayBuffer] : []);
}
