import type { KubeObject } from '../../kubernetes/client/client.ts';
import { namespaces } from './kinds/cluster.ts';
import { serviceAccounts } from './kinds/configuration.ts';
import { type Registry, timestamp } from './registry/registry.ts';

const lasting = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** The namespaces that every cluster has. The uid of kube-system is the cluster's identity: it is made once. */
export function ensureLasting(registry: Registry): void {
  registry.store.atomically(() => {
    for (const name of lasting) {
      if (registry.store.read(namespaces.stored, { namespace: '', name })) continue;
      const namespace: KubeObject = {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, uid: registry.newUid(), creationTimestamp: timestamp(registry.nowMs()) },
      };
      namespaces.prepare!(namespace);
      registry.store.write(namespaces.stored, namespace, undefined);
      ensureServiceAccount(registry, name);
    }
  });
}

/** Pods that name no account run as this one. */
export function ensureServiceAccount(registry: Registry, namespace: string): void {
  if (registry.store.read(serviceAccounts.stored, { namespace, name: 'default' })) return;
  const account: KubeObject = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace, uid: registry.newUid(), creationTimestamp: timestamp(registry.nowMs()) },
  };
  registry.store.write(serviceAccounts.stored, account, undefined);
}
