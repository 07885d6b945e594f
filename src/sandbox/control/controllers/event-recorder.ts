import type { Clock } from '../../../base/clock.ts';
import type { KubeObject, KubernetesClient } from '../../../kubernetes/client/client.ts';
import { isApiError } from '../../../kubernetes/client/status.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import { kubeTime } from './kube-time.ts';

/** Events that are remembered so that a repetition counts up instead of making another. */
const REMEMBERED_MAX = 1000;

export interface EventSubject {
  apiVersion: string;
  kind: string;
  object: KubeObject;
}

/** Writes events about objects; a failure is logged and never disturbs the controller that reports. */
export class EventRecorder {
  readonly #client: KubernetesClient;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #remembered = new Map<string, { path: string; count: number }>();
  #serial = 0;

  constructor(client: KubernetesClient, clock: Clock, log: Logger) {
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
  }

  async record(
    component: string,
    subject: EventSubject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): Promise<void> {
    const { uid = '' } = subject.object.metadata;
    const key = [component, uid, type, reason, message].join('\n');
    try {
      if (!(await this.#repeat(key))) await this.#create(key, component, subject, type, reason, message);
    } catch (error) {
      // A namespace that is going away takes no more events.
      const level = isApiError(error, 403) ? 'debug' : 'warn';
      this.#log[level]('event not recorded', { reason, error: String(error) });
    }
  }

  /** False when there is no earlier event to count up. */
  async #repeat(key: string): Promise<boolean> {
    const earlier = this.#remembered.get(key);
    if (!earlier) return false;
    const count = earlier.count + 1;
    try {
      const body = { count, lastTimestamp: kubeTime(this.#clock.nowMs()) };
      await this.#client.request(earlier.path, { method: 'PATCH', contentType: 'application/merge-patch+json', body });
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
      this.#remembered.delete(key);
      return false;
    }
    this.#remembered.set(key, { path: earlier.path, count });
    return true;
  }

  async #create(
    key: string,
    component: string,
    { apiVersion, kind, object }: EventSubject,
    type: string,
    reason: string,
    message: string,
  ): Promise<void> {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const nowMs = this.#clock.nowMs();
    const time = kubeTime(nowMs);
    const collection = `/api/v1/namespaces/${namespace ?? 'default'}/events`;
    this.#serial += 1;
    const eventName = `${name}.${nowMs.toString(16)}${this.#serial.toString(16).padStart(4, '0')}`;
    await this.#client.request(collection, {
      method: 'POST',
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: eventName, namespace: namespace ?? 'default' },
        involvedObject: { apiVersion, kind, name, namespace, uid, resourceVersion },
        reason,
        message,
        type,
        source: { component },
        reportingComponent: component,
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
      },
    });
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.delete(this.#remembered.keys().next().value!);
    this.#remembered.set(key, { path: `${collection}/${eventName}`, count: 1 });
  }
}
