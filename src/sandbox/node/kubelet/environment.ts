import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { KubeletApi } from './api.ts';
import { ConfigError, podField, resourceField } from './downward.ts';
import { expanded } from './expansion.ts';
import type { ContainerSpec, EnvSpec, KeyReference, Pod } from './pod.ts';

const pathDefault = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ConfigSources {
  api: Pick<KubeletApi, 'configMap' | 'secret'>;
  nodeName: string;
}

/**
 * The container's whole environment, in the kubelet's order: envFrom, then env, where later entries win and may refer
 * to earlier ones. Rejects with ConfigError when something that is not optional is missing.
 */
export async function environmentOf(
  pod: Pod,
  container: ContainerSpec,
  sources: ConfigSources,
  homeDefault = '/root',
): Promise<Map<string, string>> {
  const result = new Map([
    ['PATH', pathDefault],
    ['HOSTNAME', pod.spec.hostname ?? pod.metadata.name],
  ]);
  for (const from of container.envFrom ?? []) {
    const kind = from.configMapRef ? 'configmap' : 'secret';
    const reference = from.configMapRef ?? from.secretRef ?? {};
    const data = dataOf(await lookUp(pod, kind, reference.name ?? '', sources));
    if (!data && !reference.optional) throw missing(kind, reference.name);
    for (const [key, value] of data ?? []) result.set((from.prefix ?? '') + key, value.toString());
  }
  for (const variable of container.env ?? []) {
    const value = await variableValue(pod, container, variable, result, sources);
    if (value !== undefined) result.set(variable.name, value);
  }
  if (!result.has('HOME')) result.set('HOME', homeDefault);
  return result;
}

async function variableValue(
  pod: Pod,
  container: ContainerSpec,
  variable: EnvSpec,
  earlier: ReadonlyMap<string, string>,
  sources: ConfigSources,
): Promise<string | undefined> {
  const { value, valueFrom } = variable;
  if (!valueFrom) return expanded(value ?? '', earlier);
  if (valueFrom.fieldRef) return podField(pod, valueFrom.fieldRef.fieldPath, sources.nodeName);
  if (valueFrom.resourceFieldRef) return resourceField(pod, container, valueFrom.resourceFieldRef);
  if (valueFrom.configMapKeyRef) return referencedValue(pod, 'configmap', valueFrom.configMapKeyRef, sources);
  if (valueFrom.secretKeyRef) return referencedValue(pod, 'secret', valueFrom.secretKeyRef, sources);
  return undefined;
}

async function referencedValue(
  pod: Pod,
  kind: 'configmap' | 'secret',
  reference: KeyReference,
  sources: ConfigSources,
): Promise<string | undefined> {
  const data = dataOf(await lookUp(pod, kind, reference.name ?? '', sources));
  const value = data?.get(reference.key);
  if (value !== undefined) return value.toString();
  if (reference.optional) return undefined;
  if (!data) throw missing(kind, reference.name);
  const title = kind === 'secret' ? 'Secret' : 'ConfigMap';
  throw new ConfigError(`couldn't find key ${reference.key} in ${title} ${pod.metadata.namespace}/${reference.name}`);
}

export function missing(kind: 'configmap' | 'secret', name: string | undefined): ConfigError {
  return new ConfigError(`${kind} "${name ?? ''}" not found`);
}

export function lookUp(
  pod: Pod,
  kind: 'configmap' | 'secret',
  name: string,
  { api }: ConfigSources,
): Promise<KubeObject | undefined> {
  const { namespace } = pod.metadata;
  return kind === 'configmap' ? api.configMap(namespace, name) : api.secret(namespace, name);
}

/** The bytes of a ConfigMap's or Secret's keys. */
export function dataOf(object: KubeObject | undefined): Map<string, Buffer> | undefined {
  if (!object) return undefined;
  const secret = object.kind === 'Secret';
  const result = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(object.data ?? {}))
    result.set(key, Buffer.from(value as string, secret ? 'base64' : 'utf8'));
  for (const [key, value] of Object.entries(object.binaryData ?? {}))
    result.set(key, Buffer.from(value as string, 'base64'));
  for (const [key, value] of Object.entries(object.stringData ?? {})) result.set(key, Buffer.from(value as string));
  return result;
}
