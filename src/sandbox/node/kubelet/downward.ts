import { availableParallelism, totalmem } from 'node:os';
import { type ContainerSpec, containersOf, type Pod, type ResourceFieldSpec } from './pod.ts';

/** A field that the pod does not have is a configuration error, shown in the waiting state. */
export class ConfigError extends Error {
  readonly reason: string;
  constructor(message: string, reason = 'CreateContainerConfigError') {
    super(message);
    this.name = 'ConfigError';
    this.reason = reason;
  }
}

const loopback = '127.0.0.1';

/** fieldRef, in env and in downwardAPI volumes. */
export function podField(pod: Pod, fieldPath: string, nodeName: string): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (keyed) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] as string] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace;
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      return keyValueLines(metadata.labels);
    case 'metadata.annotations':
      return keyValueLines(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? nodeName;
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? 'default';
    case 'status.hostIP':
    case 'status.podIP':
    case 'status.hostIPs':
    case 'status.podIPs':
      return loopback;
    default:
      throw new ConfigError(`unsupported fieldPath: ${fieldPath}`);
  }
}

/** resourceFieldRef: where the container sets no limit, what the node has. */
export function resourceField(pod: Pod, self: ContainerSpec | undefined, field: ResourceFieldSpec): string {
  const container = field.containerName ? containersOf(pod).find(({ name }) => name === field.containerName) : self;
  if (!container) throw new ConfigError(`container ${field.containerName ?? ''} not found`);
  const match = /^(limits|requests)\.(.+)$/.exec(field.resource);
  if (!match) throw new ConfigError(`unsupported container resource: ${field.resource}`);
  const [, kind, resource] = match as unknown as [string, 'limits' | 'requests', string];
  const divisor = amountOf(field.divisor ?? 1) || 1;
  const set =
    container.resources?.[kind]?.[resource] ??
    (kind === 'requests' ? container.resources?.limits?.[resource] : undefined);
  const amount = set === undefined ? (kind === 'limits' ? nodeAmount(resource) : 0) : amountOf(set);
  return String(Math.ceil(amount / divisor));
}

function nodeAmount(resource: string): number {
  if (resource === 'cpu') return availableParallelism();
  return resource === 'memory' ? totalmem() : 0;
}

const suffixes: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

export function amountOf(quantity: string | number): number {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]{0,2})$/.exec(String(quantity));
  const factor = suffixes[match?.[2] ?? ''];
  if (!match || factor === undefined) throw new ConfigError(`not a quantity: ${quantity}`);
  return Number(match[1]) * factor;
}

/** `key="escaped value"`, a line each, sorted. */
function keyValueLines(map: Record<string, string> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}
