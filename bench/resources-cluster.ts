/** The simulated cluster: who is in it, what its kubelets' pages say and what its API objects look like. */
import type { KubeObject } from '../src/kubernetes/client/client.ts';

export interface ClusterSize {
  nodes: number;
  podsOfNode: number;
  containersOfPod: number;
}

export interface SimulatedPod {
  namespace: string;
  name: string;
  uid: string;
  node: string;
  app: string;
}

const namespaces = 40;
/** cAdvisor looks at each container about so often; a page shows what it saw last. */
const housekeepingMs = 10_000;
/** Before now; every container has run for a while. */
const startedAgoMs = 86_400_000;

export function nodeName(node: number): string {
  return `node-${String(node).padStart(4, '0')}`;
}

export function podsOf(node: number, size: ClusterSize): SimulatedPod[] {
  return Array.from({ length: size.podsOfNode }, (_, index) => {
    const number = node * size.podsOfNode + index;
    const app = `service-${number % 300}`;
    const suffix = ((number * 2654435761) >>> 0).toString(36).padStart(7, '0');
    return {
      namespace: `team-${number % namespaces}`,
      name: `${app}-6d5f7c9b84-${suffix}`,
      uid: `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
      node: nodeName(node),
      app,
    };
  });
}

export function containerNames(size: ClusterSize): string[] {
  return Array.from({ length: size.containersOfPod }, (_, index) => (index === 0 ? 'main' : `sidecar-${index}`));
}

/** A kubelet's /metrics/resource: its families in their order, counters that grow, timestamps of the last housekeeping. */
export class KubeletPage {
  readonly #containers: { labels: string; rate: number; bytes: number; phaseMs: number }[];
  readonly #pods: { labels: string; rate: number; bytes: number; phaseMs: number }[];
  readonly #startMs: number;

  constructor(node: number, size: ClusterSize, nowMs: number) {
    this.#startMs = nowMs - startedAgoMs;
    const things = (labels: string, seed: number) => ({
      labels,
      rate: 0.001 * (1 + (seed % 400)),
      bytes: 4096 * (1000 + ((seed * 7919) % 90_000)),
      phaseMs: (seed * 4813) % housekeepingMs,
    });
    const pods = podsOf(node, size);
    this.#containers = containerNames(size).flatMap((container, at) =>
      pods.map(({ namespace, name }, index) =>
        things(`{container="${container}",namespace="${namespace}",pod="${name}"}`, node * 61 + index * 2 + at),
      ),
    );
    this.#pods = pods.map(({ namespace, name }, index) =>
      things(`{namespace="${namespace}",pod="${name}"}`, node + index),
    );
  }

  text(nowMs: number): string {
    const start = floatText(this.#startMs / 1000);
    const cpu = ({ labels, rate, phaseMs }: { labels: string; rate: number; phaseMs: number }) => {
      const seenMs = lastSeenMs(nowMs, phaseMs);
      return `${labels} ${floatText(((seenMs - this.#startMs) / 1000) * rate)} ${seenMs}\n`;
    };
    const memory = ({ labels, bytes, phaseMs }: { labels: string; bytes: number; phaseMs: number }) =>
      `${labels} ${floatText(bytes)} ${lastSeenMs(nowMs, phaseMs)}\n`;
    const node = { labels: '', rate: 7.5, bytes: 24e9, phaseMs: 0 };
    return [
      family(
        'container_cpu_usage_seconds_total',
        'counter',
        'Cumulative cpu time consumed by the container in core-seconds',
        this.#containers.map(cpu),
      ),
      family(
        'container_memory_working_set_bytes',
        'gauge',
        'Current working set of the container in bytes',
        this.#containers.map(memory),
      ),
      family(
        'container_start_time_seconds',
        'gauge',
        'Start time of the container since unix epoch in seconds',
        this.#containers.map(({ labels }) => `${labels} ${start}\n`),
      ),
      family('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', [
        cpu(node),
      ]),
      family('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', [memory(node)]),
      family(
        'pod_cpu_usage_seconds_total',
        'counter',
        'Cumulative cpu time consumed by the pod in core-seconds',
        this.#pods.map(cpu),
      ),
      family(
        'pod_memory_working_set_bytes',
        'gauge',
        'Current working set of the pod in bytes',
        this.#pods.map(memory),
      ),
      family('resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [
        ' 0\n',
      ]),
    ].join('');
  }
}

function family(name: string, type: string, help: string, lines: string[]): string {
  return `# HELP ${name} [STABLE] ${help}\n# TYPE ${name} ${type}\n${lines.map((line) => name + line).join('')}`;
}

function lastSeenMs(nowMs: number, phaseMs: number): number {
  return Math.floor((nowMs - phaseMs) / housekeepingMs) * housekeepingMs + phaseMs;
}

/** As Go writes a float in the shortest form: with an exponent of two digits from 1e+06 on. */
function floatText(value: number): string {
  if (value < 1e6) return String(value);
  const [mantissa, exponent] = value.toExponential().split('e+') as [string, string];
  return `${mantissa}e+${exponent.padStart(2, '0')}`;
}

export function nodeObject(node: number, kubeletPort: number): KubeObject {
  const name = nodeName(node);
  return {
    metadata: {
      name,
      uid: `10000000-0000-4000-8000-${node.toString(16).padStart(12, '0')}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/zone': `z${node % 3}`,
      },
    },
    spec: { podCIDR: `10.${node >> 8}.${node & 255}.0/24` },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      capacity: { cpu: '16', memory: '64Gi', pods: '110' },
    },
  };
}

/** As large as a pod of everyday life: about 4 kB. */
export function podObject(pod: SimulatedPod, size: ClusterSize, resourceVersion: number): KubeObject {
  const startedAt = '2026-01-02T00:00:00Z';
  const condition = (type: string) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: startedAt });
  const names = containerNames(size);
  return {
    metadata: {
      name: pod.name,
      generateName: `${pod.app}-6d5f7c9b84-`,
      namespace: pod.namespace,
      uid: pod.uid,
      resourceVersion: String(resourceVersion),
      creationTimestamp: startedAt,
      labels: { app: pod.app, 'pod-template-hash': '6d5f7c9b84', tier: 'backend', 'app.kubernetes.io/part-of': 'shop' },
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${pod.app}-6d5f7c9b84`,
          uid: pod.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      nodeName: pod.node,
      restartPolicy: 'Always',
      serviceAccountName: 'default',
      schedulerName: 'default-scheduler',
      terminationGracePeriodSeconds: 30,
      containers: names.map((name) => ({
        name,
        image: `registry.example/shop/${pod.app}:1.4.2`,
        ports: [{ containerPort: 8080, protocol: 'TCP' }],
        env: Array.from({ length: 8 }, (_, at) => ({ name: `SETTING_${at}`, value: `a value of some length ${at}` })),
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
        readinessProbe: {
          httpGet: { path: '/ready', port: 8080, scheme: 'HTTP' },
          periodSeconds: 10,
          timeoutSeconds: 1,
        },
        volumeMounts: [
          { name: 'kube-api-access', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
        ],
        terminationMessagePath: '/dev/termination-log',
        imagePullPolicy: 'IfNotPresent',
      })),
      volumes: [
        {
          name: 'kube-api-access',
          projected: {
            defaultMode: 420,
            sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }],
          },
        },
      ],
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
    },
    status: {
      phase: 'Running',
      startTime: startedAt,
      hostIP: '127.0.0.1',
      podIP: '10.0.0.1',
      qosClass: 'Burstable',
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition),
      containerStatuses: names.map((name) => ({
        name,
        state: { running: { startedAt } },
        lastState: {},
        ready: true,
        restartCount: 0,
        image: `registry.example/shop/${pod.app}:1.4.2`,
        imageID: `registry.example/shop/${pod.app}@sha256:${'0123456789abcdef'.repeat(4)}`,
        containerID: `containerd://${'0123456789abcdef'.repeat(4)}`,
        started: true,
      })),
    },
  };
}
