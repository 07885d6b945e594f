/** The door: the controllers of the sandbox's control plane, plain clients of its API as they would be of any other. */
import type { Clock } from '../../../base/clock.ts';
import type { KubernetesClient } from '../../../kubernetes/client/client.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { createDeploymentController } from './deployment-controller.ts';
import { createEndpointsController } from './endpoints-controller.ts';
import { createEventExpiry } from './event-expiry.ts';
import { EventRecorder } from './event-recorder.ts';
import { createGarbageCollector } from './garbage-collector.ts';
import { createNamespaceController } from './namespace-controller.ts';
import { ObjectCache } from './object-cache.ts';
import { createPodCollector } from './pod-collector.ts';
import { createReplicaSetController } from './replica-set-controller.ts';
import { createScheduler } from './scheduler.ts';

export interface ControllersOptions {
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}

/** Runs all controllers; resolves when the signal has aborted and they have come to rest. */
export async function startControllers(client: KubernetesClient, options: ControllersOptions): Promise<void> {
  const { clock, signal } = options;
  const log = options.log.with({ part: 'controllers' });
  const cache = (path: string) => new ObjectCache(client, path, { clock, log });
  const context: ControllerContext = {
    client,
    clock,
    log,
    signal,
    events: new EventRecorder(client, clock, log),
    caches: {
      pods: cache('/api/v1/pods'),
      nodes: cache('/api/v1/nodes'),
      namespaces: cache('/api/v1/namespaces'),
      replicaSets: cache('/apis/apps/v1/replicasets'),
      deployments: cache('/apis/apps/v1/deployments'),
    },
  };
  const controllers: Controller[] = [
    createNamespaceController(context),
    createDeploymentController(context),
    createReplicaSetController(context),
    createEndpointsController(context),
    createScheduler(context),
    createGarbageCollector(context),
    createPodCollector(context),
    createEventExpiry(context),
  ];
  const caches = Object.values(context.caches);
  const watching = caches.map((each) => each.run(signal));
  await Promise.race([Promise.all(caches.map((each) => each.synced)), ...watching]);
  await Promise.all([...watching, ...controllers.map((controller) => controller.run())]);
}
