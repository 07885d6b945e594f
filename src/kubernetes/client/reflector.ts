import { backoffMs } from '../../base/backoff.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import type { KubeObject, KubernetesClient, Reflector, ReflectorHandlers, ReflectorOptions } from './client.ts';
import { type Change, KnownObjects } from './known-objects.ts';
import { ApiError, apiErrorOfStatus, isApiError } from './status.ts';
import { watchLines } from './watch-lines.ts';

export interface ReflectorSurroundings {
  clock?: Clock;
  random?: () => number;
  /** The server ends a watch after a random time between this and one and a half times this. */
  watchTimeoutSeconds?: number;
  /** A watch that the server has not ended this long after its time is taken for dead. */
  watchGraceMs?: number;
  backoff?: { initialMs: number; delayMsMax: number };
  /** One event of a watch. */
  eventBytesMax?: number;
}

const defaults = {
  watchTimeoutSeconds: 240,
  watchGraceMs: 10_000,
  backoff: { initialMs: 500, delayMsMax: 30_000 },
  eventBytesMax: 16 * 1024 * 1024,
};

const pageSizeDefault = 500;
/** Of what the server sent, in a message. */
const shownBytesMax = 80;
/** A list whose pages expire this often while it is read is then asked for in one piece. */
const expiredPagesMax = 2;
/** A watch that ends sooner than this without an event counts as a failure, or the loop would spin. */
const shortWatchMs = 1000;
/** After so many failures in a row the resource version itself is doubted (a restored etcd, an event that cannot be read). */
const failuresBeforeRelistMax = 5;

interface List {
  apiVersion?: string;
  kind?: string;
  metadata?: { resourceVersion?: string; continue?: string };
  items?: KubeObject[] | null;
}

interface WatchEvent {
  type: string;
  object: KubeObject;
}

export function createReflector<T extends KubeObject = KubeObject>(
  client: KubernetesClient,
  options: ReflectorOptions<T>,
  handlers: ReflectorHandlers<T>,
  surroundings: ReflectorSurroundings = {},
): Reflector {
  return new WatchingReflector(client, options, handlers, surroundings);
}

/** What a handler or the transform threw: a defect of theirs, which no retry mends. */
class HandlerFailure {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

/** Invariant: every event up to `#resourceVersion` has been told; empty means that a list is needed first. */
class WatchingReflector<T extends KubeObject> implements Reflector {
  #client: KubernetesClient;
  #options: ReflectorOptions<T>;
  #handlers: ReflectorHandlers<T>;
  #clock: Clock;
  #random: () => number;
  #timing: typeof defaults;
  #known: KnownObjects<T>;
  #resourceVersion = '';
  #synced = false;
  #failures = 0;

  constructor(
    client: KubernetesClient,
    options: ReflectorOptions<T>,
    handlers: ReflectorHandlers<T>,
    surroundings: ReflectorSurroundings,
  ) {
    const { clock = systemClock, random = Math.random, ...timing } = surroundings;
    this.#client = client;
    this.#options = options;
    this.#handlers = handlers;
    this.#clock = clock;
    this.#random = random;
    this.#timing = { ...defaults, ...timing };
    this.#known = new KnownObjects(options.transform ?? ((object) => object as T));
  }

  get synced(): boolean {
    return this.#synced;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === '') await this.#list(signal);
        await this.#watch(signal);
      } catch (error) {
        if (error instanceof HandlerFailure) throw error.error;
        if (signal.aborted) return;
        await this.#recover(error, signal);
      }
    }
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const expired = isApiError(error, 410);
    if (expired || this.#failures >= failuresBeforeRelistMax) this.#resourceVersion = '';
    this.#guarded(() => this.#handlers.onTrouble?.(error));
    // A first 410 is the ordinary end of a watch window: the list follows at once.
    if (expired && this.#failures++ === 0) return;
    const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    const delayMs = Math.max(asked, backoffMs(this.#failures++, this.#timing.backoff, this.#random));
    await this.#clock.sleep(delayMs, signal).catch(() => {});
  }

  async #list(signal: AbortSignal): Promise<void> {
    let pageSize: number | undefined = this.#options.pageSize ?? pageSizeDefault;
    this.#known.beginList();
    let next: string | undefined;
    for (let expiries = 0; ; ) {
      let page: List;
      try {
        page = await this.#page(pageSize, next, signal);
      } catch (error) {
        if (!isApiError(error, 410) || next === undefined) throw error;
        if (++expiries >= expiredPagesMax) pageSize = undefined;
        next = undefined;
        this.#known.beginList();
        continue;
      }
      for (const item of itemsOf(page)) this.#tell(() => this.#known.upsert(item, true));
      next = page.metadata?.continue || undefined;
      if (next === undefined) return this.#finishList(page);
    }
  }

  #finishList(page: List): void {
    const { resourceVersion } = page.metadata ?? {};
    if (!resourceVersion) throw new Fault('unavailable', `the list of ${this.#options.path} has no resourceVersion`);
    this.#tell(() => this.#known.endList());
    this.#resourceVersion = resourceVersion;
    if (this.#synced) return;
    this.#synced = true;
    this.#guarded(() => this.#handlers.onSynced?.());
  }

  #page(pageSize: number | undefined, next: string | undefined, signal: AbortSignal): Promise<List> {
    const query = { ...this.#selectors(), limit: pageSize, continue: next };
    return this.#client.request<List>(this.#options.path, { query, signal });
  }

  /** Resolves when the server ended the watch in good order. */
  async #watch(signal: AbortSignal): Promise<void> {
    const timeoutSeconds = Math.ceil(this.#timing.watchTimeoutSeconds * (1 + this.#random() / 2));
    const query = {
      ...this.#selectors(),
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: this.#resourceVersion,
      timeoutSeconds,
    };
    const life = new AbortController();
    const startedMs = this.#clock.monotonicMs();
    const silence = this.#endAfter(life, timeoutSeconds * 1000 + this.#timing.watchGraceMs);
    const onAbort = () => life.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    let events = 0;
    try {
      const chunks = await this.#client.stream(this.#options.path, { query, signal: life.signal });
      for await (const line of watchLines(chunks, this.#timing.eventBytesMax)) {
        this.#apply(eventOf(line));
        events++;
        this.#failures = 0;
      }
    } finally {
      silence.abort();
      signal.removeEventListener('abort', onAbort);
    }
    if (events > 0 || this.#clock.monotonicMs() - startedMs >= shortWatchMs) this.#failures = 0;
    else throw new Fault('unavailable', `the watch of ${this.#options.path} ended at once without an event`);
  }

  #endAfter(life: AbortController, delayMs: number): AbortController {
    const cancel = new AbortController();
    const fault = new Fault('unavailable', `the watch of ${this.#options.path} fell silent; it is begun again`);
    this.#clock.sleep(delayMs, cancel.signal).then(
      () => life.abort(fault),
      () => {},
    );
    return cancel;
  }

  #apply(event: WatchEvent): void {
    const { type, object } = event;
    if (type === 'ERROR') throw apiErrorOfStatus(object);
    if (type === 'ADDED' || type === 'MODIFIED') this.#tell(() => this.#known.upsert(object, false));
    else if (type === 'DELETED') this.#tell(() => this.#known.remove(object));
    else if (type !== 'BOOKMARK') throw new Fault('unavailable', `the watch sent an event of unknown type ${type}`);
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
  }

  #tell(changes: () => Change<T>[]): void {
    this.#guarded(() => {
      for (const { kind, object } of changes()) {
        if (kind === 'upsert') this.#handlers.onUpsert(object);
        else this.#handlers.onDelete(object);
      }
    });
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw new HandlerFailure(error);
    }
  }

  #selectors(): { labelSelector?: string; fieldSelector?: string } {
    const { labelSelector, fieldSelector } = this.#options;
    return {
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }
}

/** Items of a list carry no kind of their own; readers get one. */
function itemsOf(list: List): KubeObject[] {
  const kind = list.kind?.replace(/List$/, '');
  return (list.items ?? []).map((item) => ({
    ...(list.apiVersion ? { apiVersion: list.apiVersion } : {}),
    ...(kind ? { kind } : {}),
    ...item,
  }));
}

function eventOf(line: Buffer): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line.toString());
  } catch {
    throw new Fault(
      'unavailable',
      `the watch sent a line that is not JSON: ${line.subarray(0, shownBytesMax).toString()}`,
    );
  }
  const { type, object } = (event ?? {}) as Partial<WatchEvent>;
  const sound = typeof type === 'string' && typeof object === 'object' && object !== null;
  if (!sound || (type !== 'ERROR' && typeof object.metadata !== 'object')) {
    throw new Fault('unavailable', 'the watch sent something that is not an event');
  }
  return { type, object };
}
