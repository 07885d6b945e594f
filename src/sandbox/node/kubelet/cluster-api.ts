import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/fault.ts';
import type { KubeObject, KubernetesClient } from '../../../kubernetes/client/client.ts';
import { deleteExactly } from '../../../kubernetes/client/delete-exactly.ts';
import { createReflector } from '../../../kubernetes/client/reflector.ts';
import { isApiError } from '../../../kubernetes/client/status.ts';
import type { Counter, Logger } from '../../../telemetry/telemetry.ts';
import type { KubeletApi, NodeEvent, NodeTaint, PodHandlers } from './api.ts';
import type { Pod, PodStatus } from './pod.ts';
import { seconds } from './status.ts';

/** Events that are remembered so that a repetition counts up, as the kubelet's recorder does. */
const rememberedEventsMax = 1000;
/** Events that wait to be sent; more are dropped and counted. */
const waitingEventsMax = 1000;
const leasesPath = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
/** Renewed four times as often. */
const leaseDurationSeconds = 40;
const mergePatch = 'application/merge-patch+json';

export interface ClusterApiOptions {
  client: KubernetesClient;
  nodeName: string;
  clock: Clock;
  log: Logger;
  droppedEvents: Counter;
}

/** The API server as the kubelet uses it, over the thin client. */
export class ClusterApi implements KubeletApi {
  #client: KubernetesClient;
  #options: ClusterApiOptions;
  #remembered = new Map<string, { path: string; count: number }>();
  #waiting: NodeEvent[] = [];
  #sending: Promise<void> | undefined;

  constructor(options: ClusterApiOptions) {
    this.#client = options.client;
    this.#options = options;
  }

  watchPods(handlers: PodHandlers, signal: AbortSignal): Promise<void> {
    const { nodeName, clock, log } = this.#options;
    const reflector = createReflector<Pod>(
      this.#client,
      { path: '/api/v1/pods', fieldSelector: `spec.nodeName=${nodeName}`, transform: (object) => object as Pod },
      {
        onUpsert: (pod) => handlers.onUpsert(pod),
        onDelete: (pod) => handlers.onDelete(pod),
        onSynced: () => handlers.onSynced(),
        onTrouble: (error) => log.warn('the pods of this node cannot be watched', { error: messageOf(error) }),
      },
      { clock },
    );
    return reflector.run(signal);
  }

  async writeStatus(pod: Pod, status: PodStatus): Promise<boolean> {
    // Fields that went away are named, or a merge would keep them.
    const gone = { message: null, reason: null, initContainerStatuses: null };
    const body = { metadata: { uid: pod.metadata.uid }, status: { ...gone, ...status } };
    try {
      await this.#client.request(`${podPath(pod)}/status`, { method: 'PATCH', contentType: mergePatch, body });
      return true;
    } catch (error) {
      if (isApiError(error, 404) || isApiError(error, 409)) return false;
      throw error;
    }
  }

  async finishDeletion(pod: Pod): Promise<void> {
    await deleteExactly(this.#client, podPath(pod), pod.metadata.uid, { gracePeriodSeconds: 0 });
  }

  configMap(namespace: string, name: string): Promise<KubeObject | undefined> {
    return this.#find(`/api/v1/namespaces/${namespace}/configmaps/${name}`, 'ConfigMap');
  }

  secret(namespace: string, name: string): Promise<KubeObject | undefined> {
    return this.#find(`/api/v1/namespaces/${namespace}/secrets/${name}`, 'Secret');
  }

  record(event: NodeEvent): void {
    if (this.#waiting.length >= waitingEventsMax) {
      this.#options.droppedEvents.add();
      return;
    }
    this.#waiting.push(event);
    this.#sending ??= this.#send();
  }

  async writeNode({ status, ...node }: KubeObject, taint: NodeTaint, tainted: boolean): Promise<void> {
    const path = `/api/v1/nodes/${node.metadata.name}`;
    const found = await this.#find(path, 'Node');
    const held = found ?? (await this.#client.request<KubeObject>('/api/v1/nodes', { method: 'POST', body: node }));
    // Only our own taint is touched: an administrator may have set others.
    const taints: NodeTaint[] = held.spec?.taints ?? [];
    const others = taints.filter(({ key }) => key !== taint.key);
    if (tainted !== others.length < taints.length) {
      const body = { spec: { taints: tainted ? [...others, taint] : others } };
      await this.#client.request(path, { method: 'PATCH', contentType: mergePatch, body });
    }
    await this.#client.request(`${path}/status`, { method: 'PATCH', contentType: mergePatch, body: { status } });
  }

  async renewLease(nodeName: string): Promise<void> {
    const renewTime = new Date(this.#options.clock.nowMs()).toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: nodeName, leaseDurationSeconds, renewTime };
    try {
      await this.#client.request(`${leasesPath}/${nodeName}`, {
        method: 'PATCH',
        contentType: mergePatch,
        body: { spec },
      });
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
      const node = await this.#client.request<KubeObject>(`/api/v1/nodes/${nodeName}`);
      const owner = { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid };
      const metadata = { name: nodeName, ownerReferences: [owner] };
      const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
      await this.#client.request(leasesPath, { method: 'POST', body });
    }
  }

  async #find(path: string, kind: string): Promise<KubeObject | undefined> {
    try {
      return { ...(await this.#client.request<KubeObject>(path)), kind };
    } catch (error) {
      if (isApiError(error, 404)) return undefined;
      throw error;
    }
  }

  async #send(): Promise<void> {
    await Promise.resolve();
    for (let event = this.#waiting.shift(); event; event = this.#waiting.shift()) {
      try {
        await this.#sendOne(event);
      } catch (error) {
        this.#options.droppedEvents.add();
        this.#options.log.debug('an event could not be recorded', { reason: event.reason, error: messageOf(error) });
      }
    }
    this.#sending = undefined;
  }

  async #sendOne(event: NodeEvent): Promise<void> {
    const { object, type, reason, message } = event;
    const key = JSON.stringify([object, type, reason, message]);
    const time = seconds(this.#options.clock.nowMs());
    const known = this.#remembered.get(key);
    if (known && (await this.#countUp(known, time))) return;
    const namespace = object.namespace ?? 'default';
    const name = `${object.name}.${randomBytes(8).toString('hex')}`;
    const source = { component: 'kubelet', host: this.#options.nodeName };
    await this.#client.request(`/api/v1/namespaces/${namespace}/events`, {
      method: 'POST',
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: { apiVersion: 'v1', ...object },
        reason,
        message,
        type,
        source,
        reportingComponent: source.component,
        reportingInstance: source.host,
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
      },
    });
    const oldest = this.#remembered.keys().next().value;
    if (this.#remembered.size >= rememberedEventsMax && oldest !== undefined) this.#remembered.delete(oldest);
    this.#remembered.set(key, { path: `/api/v1/namespaces/${namespace}/events/${name}`, count: 1 });
  }

  /** False when the earlier event is gone. */
  async #countUp(known: { path: string; count: number }, time: string): Promise<boolean> {
    known.count += 1;
    try {
      const body = { count: known.count, lastTimestamp: time };
      await this.#client.request(known.path, { method: 'PATCH', contentType: mergePatch, body });
      return true;
    } catch (error) {
      if (isApiError(error, 404)) return false;
      throw error;
    }
  }
}

function podPath({ metadata }: Pod): string {
  return `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
}
