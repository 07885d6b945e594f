/** Defaults that depend on other fields, by type. Each is called with its part of the object after the plain defaults are in. Source: the API reference. */
import { isJsonObject, type JsonObject, setOwn } from './own-property.ts';

type FillIn = (part: JsonObject) => void;

const CLIENT_IP_TIMEOUT_S = 10_800;

export const conditionalDefaults: Readonly<Record<string, FillIn>> = {
  'core.Pod': (pod) => {
    const spec = pod.spec;
    if (!isJsonObject(spec)) return;
    spec.enableServiceLinks ??= true;
    for (const container of [...listOf(spec.initContainers), ...listOf(spec.containers)]) {
      requestLimits(container);
      if (spec.hostNetwork !== true) continue;
      for (const port of listOf(container.ports)) port.hostPort ??= port.containerPort;
    }
  },
  'core.PodSpec': (spec) => {
    const account = spec.serviceAccountName ?? spec.serviceAccount;
    if (account !== undefined) spec.serviceAccountName = spec.serviceAccount = account;
  },
  'core.Container': pullPolicy,
  'core.EphemeralContainer': pullPolicy,
  'core.Volume': (volume) => {
    if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  },
  'core.Secret': (secret) => {
    if (!isJsonObject(secret.stringData)) return;
    const data: JsonObject = isJsonObject(secret.data) ? secret.data : {};
    for (const [key, text] of Object.entries(secret.stringData)) {
      setOwn(data, key, Buffer.from(String(text), 'utf8').toString('base64'));
    }
    secret.data = data;
    delete secret.stringData;
  },
  'core.Namespace': (namespace) => {
    const metadata = namespace.metadata as JsonObject;
    if (typeof metadata.name !== 'string') return;
    const labels: JsonObject = isJsonObject(metadata.labels) ? metadata.labels : {};
    labels['kubernetes.io/metadata.name'] = metadata.name;
    metadata.labels = labels;
  },
  'core.NodeStatus': (status) => {
    if (isJsonObject(status.capacity) && !isJsonObject(status.allocatable)) status.allocatable = { ...status.capacity };
  },
  'core.ServiceSpec': (spec) => {
    for (const port of listOf(spec.ports)) {
      if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
    }
    if (spec.sessionAffinity === 'ClientIP') {
      spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: CLIENT_IP_TIMEOUT_S } };
    }
    if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
    if (spec.type === 'ExternalName') return;
    spec.internalTrafficPolicy ??= 'Cluster';
    if (spec.type !== 'ClusterIP' || Array.isArray(spec.externalIPs)) spec.externalTrafficPolicy ??= 'Cluster';
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  },
  'rbac.Subject': (subject) => {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ??= 'rbac.authorization.k8s.io';
  },
  'autoscaling2.HorizontalPodAutoscalerSpec': (spec) => {
    if (!Array.isArray(spec.metrics) || spec.metrics.length === 0)
      spec.metrics = [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ];
    if (!isJsonObject(spec.behavior)) return;
    const { scaleUp, scaleDown } = spec.behavior;
    const doubling = { type: 'Percent', value: 100, periodSeconds: 15 };
    const policies = [{ type: 'Pods', value: 4, periodSeconds: 15 }, doubling];
    spec.behavior.scaleUp = {
      ...{ stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies },
      ...(isJsonObject(scaleUp) ? scaleUp : {}),
    };
    spec.behavior.scaleDown = {
      ...{ selectPolicy: 'Max', policies: [doubling] },
      ...(isJsonObject(scaleDown) ? scaleDown : {}),
    };
  },
  'apps.DeploymentStrategy': (strategy) => {
    if (strategy.type !== 'RollingUpdate') return;
    const bounds: JsonObject = isJsonObject(strategy.rollingUpdate) ? strategy.rollingUpdate : {};
    bounds.maxUnavailable ??= '25%';
    bounds.maxSurge ??= '25%';
    strategy.rollingUpdate = bounds;
  },
};

/** An image without a tag or digest means `latest`, which is always pulled again. */
function pullPolicy(container: JsonObject): void {
  if (container.imagePullPolicy !== undefined || typeof container.image !== 'string') return;
  const image = container.image;
  const name = image.slice(image.lastIndexOf('/') + 1);
  const isLatest = !image.includes('@') && (!name.includes(':') || name.endsWith(':latest'));
  container.imagePullPolicy = isLatest ? 'Always' : 'IfNotPresent';
}

/** What is limited and not requested is requested at its limit. */
function requestLimits(container: JsonObject): void {
  const resources = container.resources;
  if (!isJsonObject(resources) || !isJsonObject(resources.limits)) return;
  const requests: JsonObject = isJsonObject(resources.requests) ? resources.requests : {};
  for (const [name, amount] of Object.entries(resources.limits)) {
    if (!Object.hasOwn(requests, name)) setOwn(requests, name, amount);
  }
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
