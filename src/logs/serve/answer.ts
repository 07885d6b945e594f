import { Fault } from '../../base/fault.ts';
import type { Instance, LineBlock, LogStore, Scope } from '../store/store.ts';
import type { ContextPicker } from './context-picker.ts';
import { Following } from './following.ts';
import { type History, primedPicker, sourcesOf } from './history.ts';
import { missing } from './incompleteness.ts';
import { judge } from './line-filter.ts';
import { emptyFrame, frameTypes, jsonFrame } from './line-frames.ts';
import { LinesFrameBuilder } from './lines-frame-builder.ts';
import { mergeByTime } from './merge.ts';
import type { PickedLines } from './picked-lines.ts';
import type { Cursor, InstanceDeclaration, LogsRequest, Notice } from './protocol.ts';
import { readingSettings } from './request.ts';
import { instanceFilter, select } from './select.ts';

/** How often it is looked whether anything more can come; twice in a row, with no line in between, ends the answer. */
const overCheckMs = 1000;

/**
 * One request's answer as frames. Invariant: behind the last cursor sent, exactly the lines sent since then are what a request
 * that resumes there has to skip.
 */
export class LogsAnswer {
  #history: History;
  #request: LogsRequest;
  #containers: Instance[][];
  #notices: Notice[] = [];
  #cursor: Cursor;
  #skip: number;
  #indexes = new Map<string, number>();
  #undeclared: InstanceDeclaration[] = [];
  #builder = new LinesFrameBuilder();
  readonly #silentMs: (node: string) => number | null;

  /** Throws Fault `not-found` or `bad-request` before anything is sent. */
  constructor(
    store: LogStore,
    scope: Scope,
    request: LogsRequest,
    nowMs: number,
    silentMs: (node: string) => number | null,
  ) {
    this.#silentMs = silentMs;
    const settings = readingSettings(request, nowMs);
    this.#request = request;
    this.#skip = request.resume?.skip ?? 0;
    const sequence = request.resume?.cursor.sequence ?? store.status().sequence;
    if (request.resume) {
      this.#containers = grouped(store.instances(scope, { ids: request.resume.cursor.ids }));
      this.#cursor = request.resume.cursor;
    } else {
      const { chosen, notices } = select(store.instances(scope, instanceFilter(request)), request);
      this.#containers = chosen.map(({ instances }) => instances);
      this.#notices = notices.map((message) => ({ kind: 'selection', message }));
      const ids = this.#containers.flat().map(({ id }) => id);
      this.#cursor = {
        phase: 'history',
        sequence,
        startSequence: sequence,
        ids,
        since: settings.since?.toString() ?? null,
      };
    }
    this.#history = { store, scope, settings, throughSequence: sequence };
  }

  /** Ends by itself, or, where it follows, when the signal aborts. */
  async *frames(signal: AbortSignal): AsyncGenerator<Buffer> {
    if (!this.#request.resume) yield jsonFrame(frameTypes.cursor, this.#cursor);
    for (const notice of this.#notices) yield jsonFrame(frameTypes.notice, notice);
    if (this.#cursor.phase === 'history') yield* this.#past();
    if (this.#request.follow) yield* this.#live(signal);
    if (!signal.aborted) yield emptyFrame(frameTypes.end);
  }

  async *#past(): AsyncGenerator<Buffer> {
    const { tail, limitBytes, follow = false, resume } = this.#request;
    const sources = await sourcesOf(this.#history, this.#containers, { tail, limitBytes }, (instance) =>
      this.#indexOf(instance),
    );
    for await (const { index, picked, from, to } of mergeByTime(sources)) yield* this.#lines(index, picked, from, to);
    yield* this.#flushed();
    // What retention has taken since the answer broke off must not be made up for with later lines.
    this.#skip = 0;
    if (follow) yield this.#liveCursor(this.#cursor.sequence);
    if (resume) return;
    const { store, scope } = this.#history;
    const now = this.#cursor.ids.length === 0 ? [] : store.instances(scope, { ids: this.#cursor.ids });
    const { refusing } = store.status();
    for (const message of missing(now, { withLag: !follow, refusing, silentMs: this.#silentMs })) {
      yield jsonFrame(frameTypes.notice, { kind: 'incomplete', message } satisfies Notice);
    }
  }

  async *#live(signal: AbortSignal): AsyncGenerator<Buffer> {
    const { store, scope } = this.#history;
    const following = new Following(store, scope, this.#request, this.#containers.flat(), this.#cursor.startSequence);
    const wanted = new Map<string, Instance>();
    const wants = (instance: Instance) => {
      const verdict = following.wants(instance);
      if (verdict === true) wanted.set(instance.id, instance);
      return verdict;
    };
    const watch = watchEnd(following, signal);
    const pickers = new Map<string, ContextPicker>();
    try {
      for await (const block of store.follow(scope, this.#cursor.sequence, wants, watch.signal)) {
        watch.active();
        const instance = wanted.get(block.instance);
        if (instance) yield* this.#block(block, instance, pickers);
        const cursor = this.#liveCursor(block.sequence);
        // While lines are being skipped, the reader's own cursor and count are the ones to resume with.
        if (this.#skip === 0) yield cursor;
      }
      if (!watch.signal.aborted) throw new Fault('unavailable', 'the server is stopping');
    } finally {
      watch.stop();
    }
  }

  async *#block(block: LineBlock, instance: Instance, pickers: Map<string, ContextPicker>): AsyncGenerator<Buffer> {
    let picker = pickers.get(instance.id);
    if (!picker) {
      picker = await primedPicker({ ...this.#history, throughSequence: this.#cursor.sequence }, instance);
      pickers.set(instance.id, picker);
    }
    const index = this.#indexOf(instance);
    for (const picked of picker.pick(block, await judge(block, this.#history.settings))) {
      yield* this.#lines(index, picked, 0, picked.lines.length);
    }
    yield* this.#flushed();
  }

  *#lines(index: number, picked: PickedLines, from: number, to: number): Generator<Buffer> {
    const skipped = Math.min(this.#skip, to - from);
    this.#skip -= skipped;
    for (let at = from + skipped; at < to; ) {
      at = this.#builder.add(index, picked, at, to);
      if (this.#builder.isFull) yield* this.#flushed();
    }
  }

  *#flushed(): Generator<Buffer> {
    for (const declaration of this.#undeclared.splice(0)) yield jsonFrame(frameTypes.instance, declaration);
    if (!this.#builder.isEmpty) yield this.#builder.take();
  }

  #liveCursor(sequence: number): Buffer {
    this.#cursor = { ...this.#cursor, phase: 'live', sequence };
    return jsonFrame(frameTypes.cursor, { phase: 'live', sequence });
  }

  #indexOf({ id, namespace, pod, node, key }: Instance): number {
    const known = this.#indexes.get(id);
    if (known !== undefined) return known;
    const index = this.#indexes.size;
    this.#indexes.set(id, index);
    const { podUid, container, attempt } = key;
    this.#undeclared.push({ index, id, namespace, pod, podUid, node, container, attempt });
    return index;
  }
}

/** The chosen instances again, as they were grouped when they were chosen. */
function grouped(instances: readonly Instance[]): Instance[][] {
  return [
    ...Map.groupBy(instances, ({ namespace, pod, key }) => JSON.stringify([namespace, pod, key.container])).values(),
  ];
}

function watchEnd(following: Following, outer: AbortSignal) {
  const controller = new AbortController();
  const abort = () => controller.abort(outer.reason);
  if (outer.aborted) abort();
  outer.addEventListener('abort', abort, { once: true });
  let quietChecks = 0;
  const timer = setInterval(() => {
    quietChecks = following.isOver ? quietChecks + 1 : 0;
    if (quietChecks >= 2) controller.abort();
  }, overCheckMs);
  return {
    signal: controller.signal,
    active() {
      quietChecks = 0;
    },
    stop() {
      clearInterval(timer);
      outer.removeEventListener('abort', abort);
    },
  };
}
