import type { Clock } from '../../../base/clock.ts';
import type { KubeObject, KubernetesClient } from '../../../kubernetes/client/client.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import type { EventRecorder } from './event-recorder.ts';
import type { ObjectCache } from './object-cache.ts';

/** What every controller is given. Caches are shared and are started after all controllers have subscribed. */
export interface ControllerContext {
  client: KubernetesClient;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  events: EventRecorder;
  caches: {
    pods: ObjectCache;
    nodes: ObjectCache;
    namespaces: ObjectCache;
    replicaSets: ObjectCache;
    deployments: ObjectCache;
  };
}

/** Subscribes to caches when it is made; `run` works until the signal aborts. */
export interface Controller {
  run(): Promise<void>;
}

export function podPath({ metadata }: KubeObject): string {
  return `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
}

export function replicaSetPath({ metadata }: KubeObject): string {
  return `/apis/apps/v1/namespaces/${metadata.namespace}/replicasets/${metadata.name}`;
}

export function deploymentPath({ metadata }: KubeObject): string {
  return `/apis/apps/v1/namespaces/${metadata.namespace}/deployments/${metadata.name}`;
}
