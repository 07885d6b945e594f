import type { Clock } from '../../../../base/clock.ts';
import type { KubeObject } from '../../../../kubernetes/client/client.ts';
import type { KubernetesDiscoveryConfig, KubernetesRole } from '../../config/config.ts';
import type { Discovery, TargetGroup } from '../discovery.ts';
import { isSecondFamily, serviceOfSlice, sliceAddresses } from './endpoint-slice.ts';
import { type EndpointAddress, endpointTargets, podKeyOf } from './endpoint-targets.ts';
import { endpointsAddresses } from './endpoints.ts';
import { ingressGroup } from './ingress.ts';
import { type MetaLabels, objectMeta, setMeta } from './meta-labels.ts';
import { nodeGroup } from './node.ts';
import { podGroup } from './pod.ts';
import { serviceGroup, serviceLabels } from './service.ts';
import type { Collection, SharedWatches, WatchedObjects } from './watches.ts';

/** Changes of what groups are made of besides their own object are taken over after this time, together. */
const settleMs = 250;

const collectionOf: Record<KubernetesRole, Collection> = {
  node: 'nodes',
  pod: 'pods',
  service: 'services',
  endpoints: 'endpoints',
  endpointslice: 'endpointslices',
  ingress: 'ingresses',
};

/** Targets from the objects of the cluster, with the meta labels that Prometheus gives them. */
export function kubernetesDiscovery(config: KubernetesDiscoveryConfig, watches: SharedWatches): Discovery {
  return {
    async run(update, signal) {
      const namespaces: (string | undefined)[] = [...config.namespaces];
      if (config.ownNamespace) namespaces.push(watches.ownNamespace);
      if (namespaces.length === 0 || config.role === 'node') namespaces.splice(0, namespaces.length, undefined);
      await Promise.all(
        namespaces.map((namespace) => new RoleDiscovery(config, watches, namespace).run(update, signal)),
      );
    },
  };
}

/**
 * Invariant: but for the keys in `#due`, the groups told are those of the objects as they are now. What a group was made of
 * besides its own object (a pod, a service, a node, a namespace) leads back to it by `#dependents`.
 */
class RoleDiscovery {
  readonly #config: KubernetesDiscoveryConfig;
  readonly #primary: WatchedObjects;
  readonly #others = new Map<Collection, WatchedObjects>();
  readonly #dependents = new Map<string, Set<string>>();
  readonly #due = new Set<string>();
  readonly #clock: Clock;
  readonly #dependsOn = new Map<string, readonly string[]>();
  #update: (group: TargetGroup) => void = () => {};

  constructor(config: KubernetesDiscoveryConfig, watches: SharedWatches, namespace: string | undefined) {
    this.#config = config;
    this.#clock = watches.clock;
    this.#primary = watches.objects(selectionOf(config, config.role, namespace));
    const isEndpoint = config.role === 'endpoints' || config.role === 'endpointslice';
    if (isEndpoint) {
      for (const role of ['pod', 'service'] as const)
        this.#others.set(collectionOf[role], watches.objects(selectionOf(config, role, namespace)));
    }
    if (config.attachNode && (isEndpoint || config.role === 'pod'))
      this.#others.set('nodes', watches.objects(selectionOf(config, 'node', undefined)));
    if (config.attachNamespace && config.role !== 'node')
      this.#others.set('namespaces', watches.objects({ collection: 'namespaces' }));
  }

  async run(update: (group: TargetGroup) => void, signal: AbortSignal): Promise<void> {
    this.#update = update;
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([aborted, Promise.all([this.#primary, ...this.#others.values()].map(({ synced }) => synced))]);
    if (signal.aborted) return;
    const unsubscribe = [this.#primary.subscribe((key, object) => this.#tell(key, object))];
    for (const [collection, objects] of this.#others)
      unsubscribe.push(objects.subscribe((key) => this.#changed(`${collection}/${key}`, signal)));
    await aborted;
    for (const end of unsubscribe) end();
  }

  /** A service of a thousand pods is made anew once for all of their changes, not a thousand times. */
  #changed(name: string, signal: AbortSignal): void {
    const keys = this.#dependents.get(name);
    if (!keys) return;
    const waiting = this.#due.size > 0;
    for (const key of keys) this.#due.add(key);
    if (waiting) return;
    void this.#clock.sleep(settleMs, signal).then(
      () => {
        const due = [...this.#due];
        this.#due.clear();
        for (const key of due) this.#tell(key, this.#primary.get(key));
      },
      () => {},
    );
  }

  #tell(key: string, object: KubeObject | undefined): void {
    const uses: string[] = [];
    const group = object && this.#group(object, uses);
    this.#depend(key, uses);
    const source = `${this.#config.role}/${key}`;
    this.#update({ source, labels: group?.labels ?? {}, targets: group?.targets ?? [] });
  }

  #depend(key: string, uses: readonly string[]): void {
    for (const name of this.#dependsOn.get(key) ?? []) {
      const keys = this.#dependents.get(name);
      keys?.delete(key);
      if (keys?.size === 0) this.#dependents.delete(name);
    }
    if (uses.length === 0) {
      this.#dependsOn.delete(key);
      return;
    }
    this.#dependsOn.set(key, uses);
    for (const name of uses) {
      const keys = this.#dependents.get(name) ?? new Set();
      this.#dependents.set(name, keys.add(key));
    }
  }

  /** Notes in `uses` which other objects it looked at. */
  #group(object: KubeObject, uses: string[]): Omit<TargetGroup, 'source'> | undefined {
    const group = this.#groupOfRole(object, uses);
    const namespaces = this.#others.get('namespaces');
    const namespace = object.metadata.namespace;
    if (!group || !namespaces || namespace === undefined) return group;
    uses.push(`namespaces/${namespace}`);
    const found = namespaces.get(namespace);
    const labels: MetaLabels = { ...group.labels };
    if (found) objectMeta(labels, 'namespace', found);
    delete labels.__meta_kubernetes_namespace_name;
    return { ...group, labels };
  }

  #groupOfRole(object: KubeObject, uses: string[]): Omit<TargetGroup, 'source'> | undefined {
    switch (this.#config.role) {
      case 'node':
        return nodeGroup(object);
      case 'pod': {
        const name = object.spec?.nodeName as string | undefined;
        const nodes = this.#others.get('nodes');
        // A node that the selectors leave out takes its pods with it.
        if (nodes && name !== undefined) {
          uses.push(`nodes/${name}`);
          if (!nodes.get(name)) return undefined;
        }
        return podGroup(object, this.#nodeLabels(name));
      }
      case 'service':
        return serviceGroup(object);
      case 'ingress':
        return ingressGroup(object);
      case 'endpoints':
        return this.#endpoints(object, object.metadata.name, 'endpoints', endpointsAddresses(object), uses);
      case 'endpointslice':
        return this.#endpoints(object, serviceOfSlice(object), 'endpointslice', sliceAddresses(object), uses);
    }
  }

  #endpoints(
    object: KubeObject,
    serviceName: string | undefined,
    kind: 'endpoints' | 'endpointslice',
    addresses: EndpointAddress[],
    uses: string[],
  ): Omit<TargetGroup, 'source'> {
    const serviceKey = `${object.metadata.namespace}/${serviceName}`;
    const service = serviceName === undefined ? undefined : this.#others.get('services')?.get(serviceKey);
    if (serviceName !== undefined) uses.push(`services/${serviceKey}`);
    for (const { targetRef, nodeName } of addresses) {
      const pod = podKeyOf(targetRef);
      if (pod !== undefined) uses.push(`pods/${pod}`);
      if (this.#config.attachNode && nodeName !== undefined) uses.push(`nodes/${nodeName}`);
    }
    const labels: MetaLabels = {};
    setMeta(labels, 'namespace', object.metadata.namespace);
    if (kind === 'endpointslice') setMeta(labels, 'endpointslice_address_type', object.addressType);
    objectMeta(labels, kind, object);
    if (service) Object.assign(labels, serviceLabels(service));
    if (kind === 'endpointslice' && isSecondFamily(service, object)) return { labels, targets: [] };
    const targets = endpointTargets(addresses, {
      pod: (key) => this.#others.get('pods')?.get(key),
      nodeLabels: (name) => this.#nodeLabels(name),
    });
    return { labels, targets };
  }

  #nodeLabels(name: string | undefined): MetaLabels {
    const node = name === undefined ? undefined : this.#others.get('nodes')?.get(name);
    const labels: MetaLabels = {};
    if (node) objectMeta(labels, 'node', node);
    return labels;
  }
}

function selectionOf(config: KubernetesDiscoveryConfig, role: KubernetesRole, namespace: string | undefined) {
  const selector = config.selectors.find((one) => one.role === role);
  return {
    collection: collectionOf[role],
    namespace,
    labelSelector: selector?.label,
    fieldSelector: selector?.field,
  };
}
