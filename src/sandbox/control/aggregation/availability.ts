import { backoffMs } from '../../../base/backoff.ts';
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/fault.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import { type Condition, conditionOf, withCondition } from '../conditions.ts';
import { apiServices } from '../kinds/aggregation.ts';
import { type Registry, timestamp } from '../registry/registry.ts';
import type { ExtensionApi } from './extension-api.ts';

export interface AvailabilityOptions {
  registry: Registry;
  clock: Clock;
  log: Logger;
}

/** An unavailable server is asked again soon, an available one every half minute, and each at once when its addresses change. */
const retry = { initialMs: 200, delayMsMax: 5000 };
const resyncMs = 30_000;

/** Keeps the condition Available of one extension API; never checks twice at the same time. */
export class AvailabilityCheck {
  readonly #api: ExtensionApi;
  readonly #options: AvailabilityOptions;
  readonly #ended = new AbortController();
  #running = false;
  #wanted = false;
  #failures = 0;
  #timer = new AbortController();

  constructor(api: ExtensionApi, options: AvailabilityOptions) {
    this.#api = api;
    this.#options = options;
  }

  /** Checks now, or once more when a check is under way. */
  kick(): void {
    this.#wanted = true;
    if (!this.#running) void this.#run();
  }

  stop(): void {
    this.#ended.abort();
    this.#timer.abort();
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#timer.abort();
    while (this.#wanted && !this.#ended.signal.aborted) {
      this.#wanted = false;
      this.#failures = (await this.#checkAndTell()) ? 0 : this.#failures + 1;
    }
    this.#running = false;
    if (!this.#ended.signal.aborted) this.#later();
  }

  /** Whether it is available. What cannot be written down now, because the disk is full, is tried again. */
  async #checkAndTell(): Promise<boolean> {
    try {
      const condition = await this.#check();
      if (!this.#ended.signal.aborted) this.#tell(condition);
      return condition.status === 'True';
    } catch (error) {
      this.#options.log.error('an API service could not be checked', { name: this.#api.name, error: messageOf(error) });
      return false;
    }
  }

  #later(): void {
    const delayMs = this.#failures === 0 ? resyncMs : backoffMs(this.#failures - 1, retry);
    this.#timer = new AbortController();
    const signal = AbortSignal.any([this.#ended.signal, this.#timer.signal]);
    this.#options.clock.sleep(delayMs, signal).then(
      () => this.kick(),
      () => {},
    );
  }

  async #check(): Promise<Omit<Condition, 'type'>> {
    const resolved = this.#api.resolve();
    if (!('addresses' in resolved)) return { status: 'False', ...resolved };
    const address = this.#api.pick(resolved.addresses);
    try {
      await this.#api.probe(address, this.#ended.signal);
    } catch (error) {
      return { status: 'False', reason: 'FailedDiscoveryCheck', message: messageOf(error) };
    }
    try {
      await this.#api.learn(address, this.#ended.signal);
    } catch (error) {
      // As in Kubernetes the API counts as available all the same: requests will say what is wrong with it.
      this.#options.log.debug('discovery of an extension server failed', {
        name: this.#api.name,
        error: messageOf(error),
      });
    }
    return { status: 'True', reason: 'Passed', message: 'all checks passed' };
  }

  #tell(found: Omit<Condition, 'type'>): void {
    const { registry, log } = this.#options;
    const { store } = registry;
    const current = store.read(apiServices.stored, { namespace: '', name: this.#api.name });
    if (!current?.spec?.service || current.metadata.uid !== this.#api.apiService.metadata.uid) return;
    const before = conditionOf(current.status?.conditions, 'Available');
    if (before?.status === found.status && before.reason === found.reason && before.message === found.message) return;
    if (before?.status !== found.status) {
      const { status, reason, message } = found;
      log.info('an API service became available, or ceased to be', { name: this.#api.name, status, reason, message });
    }
    const next: Condition & { lastTransitionTime: string } = {
      type: 'Available',
      ...found,
      lastTransitionTime: timestamp(registry.nowMs()),
    };
    const conditions = withCondition(current.status?.conditions, next);
    store.write(apiServices.stored, { ...current, status: { ...current.status, conditions } }, current);
  }
}
