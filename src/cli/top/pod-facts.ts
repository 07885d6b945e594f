import type { KubeObject } from '../../kubernetes/client/client.ts';
import { nothingSet, type PartialAmounts, partialAmounts, sumIfAllSet, sumOfSet } from './amounts.ts';

export interface ContainerFacts {
  requests: PartialAmounts;
  limits: PartialAmounts;
  restarts: number;
}

/** What is kept of a Pod. */
export interface PodFacts {
  namespace: string;
  name: string;
  node: string;
  labels: Readonly<Record<string, string>>;
  owner: { apiVersion: string; kind: string; name: string } | undefined;
  createdMs: number;
  hasEnded: boolean;
  /** Its figures are to be expected: a container of it runs. */
  isRunning: boolean;
  /** Its containers hold what they asked for: it has a node and has not ended. */
  holdsResources: boolean;
  /** Those that run beside each other; init containers that end are none of them. */
  containers: ReadonlyMap<string, ContainerFacts>;
  requests: PartialAmounts;
  limits: PartialAmounts;
  restarts: number;
}

interface Container {
  name: string;
  restartPolicy?: string;
  resources?: { requests?: Record<string, unknown>; limits?: Record<string, unknown> };
}

interface ContainerStatus {
  name: string;
  restartCount?: number;
  state?: { running?: unknown };
}

export function podFacts({ metadata, spec, status }: KubeObject): PodFacts {
  const statuses: ContainerStatus[] = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const containers = containersOf(spec, statuses);
  const facts = [...containers.values()];
  const controller = metadata.ownerReferences?.find((owner) => owner.controller);
  const hasEnded = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    node: spec?.nodeName ?? '',
    labels: metadata.labels ?? {},
    owner: controller && { apiVersion: controller.apiVersion, kind: controller.kind, name: controller.name },
    createdMs: Date.parse(metadata.creationTimestamp ?? ''),
    hasEnded,
    isRunning: !hasEnded && statuses.some(({ state }) => state?.running !== undefined),
    holdsResources: !hasEnded && Boolean(spec?.nodeName),
    containers,
    requests: wholePod(spec?.resources?.requests, sumOfSet(facts.map(({ requests }) => requests))),
    limits: wholePod(spec?.resources?.limits, sumIfAllSet(facts.map(({ limits }) => limits))),
    // As `kubectl get pods` counts them: without those of init containers that have done their part.
    restarts: facts.reduce((restarts, container) => restarts + container.restarts, 0),
  };
}

function containersOf(spec: KubeObject['spec'], statuses: readonly ContainerStatus[]): Map<string, ContainerFacts> {
  const regular: Container[] = spec?.containers ?? [];
  const sidecars = ((spec?.initContainers ?? []) as Container[]).filter((each) => each.restartPolicy === 'Always');
  const restartsOf = (name: string) => statuses.find((each) => each.name === name)?.restartCount ?? 0;
  return new Map(
    [...regular, ...sidecars].map(({ name, resources }) => [
      name,
      {
        requests: partialAmounts(resources?.requests),
        limits: partialAmounts(resources?.limits),
        restarts: restartsOf(name),
      },
    ]),
  );
}

/** Resources of the pod as a whole (Kubernetes 1.32) go before the sum of its containers. */
function wholePod(list: Record<string, unknown> | undefined, ofContainers: PartialAmounts): PartialAmounts {
  const { cpuNanocores, memoryBytes } = list === undefined ? nothingSet : partialAmounts(list);
  return {
    cpuNanocores: cpuNanocores ?? ofContainers.cpuNanocores,
    memoryBytes: memoryBytes ?? ofContainers.memoryBytes,
  };
}
