import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { apiServices, automanagedLabel } from '../kinds/aggregation.ts';
import { type Registry, timestamp } from '../registry/registry.ts';

interface GroupVersion {
  group: string;
  version: string;
}

interface Priority {
  group: number;
  version: number;
}

/** By `group/version`; source: the API server's own list. Where a group stands in discovery follows from it. */
const priorities: Readonly<Record<string, Priority>> = {
  '/v1': { group: 18_000, version: 1 },
  'apps/v1': { group: 17_800, version: 15 },
  'events.k8s.io/v1': { group: 17_750, version: 15 },
  'authentication.k8s.io/v1': { group: 17_700, version: 15 },
  'authorization.k8s.io/v1': { group: 17_600, version: 15 },
  'autoscaling/v1': { group: 17_500, version: 15 },
  'autoscaling/v2': { group: 17_500, version: 30 },
  'policy/v1': { group: 17_100, version: 15 },
  'rbac.authorization.k8s.io/v1': { group: 17_000, version: 15 },
  'apiextensions.k8s.io/v1': { group: 16_700, version: 15 },
  'coordination.k8s.io/v1': { group: 16_500, version: 15 },
  'discovery.k8s.io/v1': { group: 16_200, version: 15 },
};
/** The aggregator's own group comes before all and needs no APIService. */
const own: Priority = { group: 20_001, version: 15 };

export function localPriority({ group, version }: GroupVersion): Priority {
  return priorities[`${group}/${version}`] ?? own;
}

/** What is served here has its APIService too, as `kubectl get apiservices` shows it. */
export function ensureLocalServices(registry: Registry, served: readonly GroupVersion[]): void {
  registry.store.atomically(() => {
    for (const { group, version } of served) {
      if (group === apiServices.info.group) continue;
      const name = `${version}.${group}`;
      const before = registry.store.read(apiServices.stored, { namespace: '', name });
      if (before && !before.spec?.service) continue;
      const object: KubeObject = {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: {
          name,
          uid: registry.newUid(),
          creationTimestamp: timestamp(registry.nowMs()),
          labels: { [automanagedLabel]: 'onstart' },
        },
        spec: {
          ...(group === '' ? {} : { group }),
          version,
          groupPriorityMinimum: localPriority({ group, version }).group,
          versionPriority: localPriority({ group, version }).version,
        },
      };
      apiServices.prepare!(object);
      registry.store.write(apiServices.stored, object, before);
    }
  });
}
