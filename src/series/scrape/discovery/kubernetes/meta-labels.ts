import type { KubeObject } from '../../../../kubernetes/client/client.ts';

export type MetaLabels = Record<string, string>;

const prefix = '__meta_kubernetes_';

/** Sets `__meta_kubernetes_<name>`; what the object does not say is empty, which is no label. */
export function setMeta(labels: MetaLabels, name: string, value: unknown): void {
  labels[prefix + name] = value === undefined || value === null ? '' : String(value);
}

/** What Prometheus makes of a text so that it can be in a label's name. */
export function sanitized(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_');
}

/** Name, labels and annotations of an object, as every role has them of its kind. */
export function objectMeta(labels: MetaLabels, kind: string, object: KubeObject): void {
  const { metadata } = object;
  setMeta(labels, `${kind}_name`, metadata.name);
  for (const [what, values] of [
    ['label', metadata.labels],
    ['annotation', metadata.annotations],
  ] as const) {
    for (const [name, value] of Object.entries(values ?? {})) {
      setMeta(labels, `${kind}_${what}_${sanitized(name)}`, value);
      setMeta(labels, `${kind}_${what}present_${sanitized(name)}`, 'true');
    }
  }
}

/** `host:port`, with an address of IPv6 in brackets. */
export function hostPort(host: string, port: unknown): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
