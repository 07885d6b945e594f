import type { Isolation } from '../runtime/protocol.ts';
import type { Pod } from './pod.ts';

/**
 * What a node does with a field's value: `true`, it does as the field says (or nothing follows from it here); a tree, that
 * goes for the fields in it; what is in no tree is not honoured.
 */
type Tree = true | { [field: string]: Tree };

const identity: Record<string, Tree> = { runAsUser: true, runAsGroup: true, runAsNonRoot: true };
const action: Record<string, Tree> = { exec: true, httpGet: true, tcpSocket: true, sleep: true };
const timing = {
  initialDelaySeconds: true,
  periodSeconds: true,
  timeoutSeconds: true,
  successThreshold: true,
  failureThreshold: true,
} as const;
const probe: Tree = { ...action, ...timing };

function containerTree({ identities, cgroups }: Isolation): Tree {
  return {
    name: true,
    // Every container's event says that it is not pulled.
    image: true,
    imagePullPolicy: true,
    command: true,
    args: true,
    workingDir: true,
    env: true,
    envFrom: true,
    // The pod's network is the machine's.
    ports: true,
    resources: { requests: true, ...(typeof cgroups === 'object' ? { limits: { cpu: true, memory: true } } : {}) },
    volumeMounts: { name: true, mountPath: true, subPath: true, subPathExpr: true, readOnly: true },
    restartPolicy: true,
    livenessProbe: probe,
    readinessProbe: probe,
    startupProbe: probe,
    lifecycle: { postStart: action, preStop: action },
    terminationMessagePath: true,
    terminationMessagePolicy: true,
    securityContext: identities ? { ...identity, capabilities: true, allowPrivilegeEscalation: true } : {},
  };
}

function specTree(isolation: Isolation): Tree {
  return {
    nodeName: true,
    nodeSelector: true,
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: true } },
    tolerations: true,
    schedulerName: true,
    // One node, whose pods are never preempted.
    topologySpreadConstraints: true,
    priority: true,
    priorityClassName: true,
    preemptionPolicy: true,
    serviceAccountName: true,
    serviceAccount: true,
    automountServiceAccountToken: true,
    imagePullSecrets: true,
    enableServiceLinks: true,
    hostNetwork: true,
    hostname: true,
    restartPolicy: true,
    terminationGracePeriodSeconds: true,
    activeDeadlineSeconds: true,
    readinessGates: true,
    securityContext: isolation.identities ? { ...identity, supplementalGroups: true } : {},
    initContainers: containerTree(isolation),
    containers: containerTree(isolation),
    volumes: {
      name: true,
      emptyDir: {},
      hostPath: true,
      configMap: true,
      secret: true,
      downwardAPI: true,
      projected: true,
    },
  };
}

/** Values that are the API's defaults ask for nothing. */
const defaults = new Map<string, unknown>([['dnsPolicy', 'ClusterFirst']]);

/** The pod's fields that this node passes over, as `containers[web].resources.limits`; none is passed over in silence. */
export function unhonouredFields(pod: Pod, isolation: Isolation): string[] {
  return [...passedOver('', pod.spec as unknown as Record<string, unknown>, specTree(isolation))];
}

function* passedOver(path: string, value: unknown, tree: Tree | undefined): Generator<string> {
  if (tree === true || asksNothing(value)) return;
  if (tree === undefined) yield path;
  else if (Array.isArray(value)) for (const item of value) yield* passedOver(`${path}[${item.name}]`, item, tree);
  else {
    for (const [field, inner] of Object.entries(value as object)) {
      if (path === '' && defaults.get(field) === inner) continue;
      const next = Object.hasOwn(tree, field) ? tree[field] : undefined;
      yield* passedOver(path === '' ? field : `${path}.${field}`, inner, next);
    }
  }
}

function asksNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
