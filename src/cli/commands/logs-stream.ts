import { backoffMs } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import {
  type Cursor,
  FrameSplitter,
  frameTypes,
  type InstanceDeclaration,
  type LogsRequest,
  type Notice,
  type ReceivedFrame,
  type ReceivedRun,
  runsOf,
} from '../../logs/serve/protocol.ts';
import type { ServerAddress } from '../server-address.ts';
import { callServer, faultFrom } from '../server-call.ts';

/** Lines of one instance. */
export interface ShownRun {
  instance: InstanceDeclaration;
  run: ReceivedRun;
}

export type LogsEvent =
  | { kind: 'lines'; runs: ShownRun[] }
  | { kind: 'notice'; notice: Notice }
  /** The connection broke off; it is made again by itself. */
  | { kind: 'lost'; error: Fault };

/** A server that says nothing for so long is gone: it sends a heartbeat every 5 seconds. */
const silenceMsMax = 20_000;
const backoff = { initialMs: 200, delayMsMax: 3000 };
/** Without following, an answer that breaks off is taken up again so many times in a row. */
const resumptionsMax = 20;

interface Surroundings {
  /** Asked before every connection: a restarted server may have another address. */
  resolve: () => ServerAddress;
  signal: AbortSignal;
  clock: Clock;
}

/**
 * One answer, over as many connections as it takes. Invariant: `#skip` lines were given out since `#cursor`, so that resuming
 * there loses and repeats nothing.
 */
export class LogsStream {
  #request: LogsRequest;
  #surroundings: Surroundings;
  #cursor: Cursor | undefined;
  #skip = 0;
  #instances = new Map<number, InstanceDeclaration>();
  #ended = false;

  constructor(request: LogsRequest, surroundings: Surroundings) {
    this.#request = request;
    this.#surroundings = surroundings;
  }

  /** Ends with the answer or the signal. Throws the Fault that the server answered with, or `unavailable`. */
  async *events(): AsyncGenerator<LogsEvent> {
    const { signal, clock } = this.#surroundings;
    for (let failures = 0; !this.#ended && !signal.aborted; ) {
      try {
        for await (const event of this.#connection()) {
          if (event.kind === 'lines') failures = 0;
          yield event;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!this.#isWorthRetrying(error, failures)) throw error;
        if (failures === 0) yield { kind: 'lost', error };
        await clock.sleep(backoffMs(failures++, backoff), signal).catch(() => {});
      }
    }
  }

  #isWorthRetrying(error: unknown, failures: number): error is Fault {
    if (!(error instanceof Fault) || this.#cursor === undefined) return false;
    if (error.code !== 'unavailable' && error.code !== 'overloaded') return false;
    return this.#request.follow === true || failures < resumptionsMax;
  }

  async *#connection(): AsyncGenerator<LogsEvent> {
    const { resolve, signal } = this.#surroundings;
    const body = this.#cursor
      ? { ...this.#request, resume: { cursor: this.#cursor, skip: this.#skip } }
      : this.#request;
    this.#instances.clear();
    const answer = await callServer(resolve(), '/taffrail/v1/logs', { body, signal });
    const splitter = new FrameSplitter();
    try {
      for await (const chunk of withoutSilence(answer, silenceMsMax)) {
        for (const frame of splitter.push(chunk)) yield* this.#event(frame);
        if (this.#ended) return;
      }
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw new Fault('unavailable', 'the connection to the server broke off', { cause: error });
    } finally {
      answer.destroy();
    }
    throw new Fault('unavailable', 'the server ended its answer early');
  }

  *#event({ type, payload }: ReceivedFrame): Generator<LogsEvent> {
    if (type === frameTypes.lines) {
      const runs = this.#runs(payload);
      yield { kind: 'lines', runs };
      for (const { run } of runs) this.#skip += run.lineCount;
    } else if (type === frameTypes.cursor) {
      this.#cursor = { ...this.#cursor, ...JSON.parse(payload.toString()) };
      this.#skip = 0;
    } else if (type === frameTypes.instance) {
      const declaration = JSON.parse(payload.toString()) as InstanceDeclaration;
      this.#instances.set(declaration.index, declaration);
    } else if (type === frameTypes.notice) yield { kind: 'notice', notice: JSON.parse(payload.toString()) };
    else if (type === frameTypes.end) this.#ended = true;
    else if (type === frameTypes.error) throw faultFrom(JSON.parse(payload.toString()));
  }

  #runs(payload: Buffer): ShownRun[] {
    return runsOf(payload).map((run) => {
      const instance = this.#instances.get(run.instance);
      if (instance) return { instance, run };
      throw new Fault('corrupt', `the server's answer names instance ${run.instance}, which it did not declare`);
    });
  }
}

/** All lines of these runs, as a list to go through. */
export function* linesOf(
  runs: readonly ShownRun[],
): Generator<{ instance: InstanceDeclaration; time: bigint; flags: number; bytes: Buffer }> {
  for (const { instance, run } of runs) {
    for (let line = 0; line < run.lineCount; line++) {
      yield { instance, time: run.time(line), flags: run.flags(line), bytes: run.bytes(line) };
    }
  }
}

/** Gives up waiting for a chunk after the time; only waiting counts, so a reader who pauses loses nothing. */
async function* withoutSilence(chunks: AsyncIterable<Buffer>, msMax: number): AsyncGenerator<Buffer> {
  const reader = chunks[Symbol.asyncIterator]();
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Fault('unavailable', 'the server has fallen silent')), msMax);
    });
    const step = await Promise.race([reader.next(), silence]).finally(() => clearTimeout(timer));
    if (step.done) return;
    yield step.value;
  }
}
