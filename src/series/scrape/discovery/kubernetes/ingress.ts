import type { KubeObject } from '../../../../kubernetes/client/client.ts';
import type { TargetGroup } from '../discovery.ts';
import { type MetaLabels, objectMeta, setMeta } from './meta-labels.ts';

interface Rule {
  host?: string;
  http?: { paths?: { path?: string }[] };
}

/** A target for each path of each rule, for probing from outside. */
export function ingressGroup(ingress: KubeObject): Omit<TargetGroup, 'source'> {
  const labels: MetaLabels = {};
  setMeta(labels, 'namespace', ingress.metadata.namespace);
  setMeta(labels, 'ingress_class_name', ingress.spec?.ingressClassName);
  objectMeta(labels, 'ingress', ingress);
  const encrypted = ((ingress.spec?.tls ?? []) as { hosts?: string[] }[]).flatMap(({ hosts }) => hosts ?? []);
  const targets = ((ingress.spec?.rules ?? []) as Rule[]).flatMap(({ host = '', http }) => {
    const scheme = encrypted.some((pattern) => matchesHost(pattern, host)) ? 'https' : 'http';
    return (http?.paths ?? [{}]).map(({ path }) => {
      const target: MetaLabels = { __address__: host };
      setMeta(target, 'ingress_scheme', scheme);
      setMeta(target, 'ingress_host', host);
      setMeta(target, 'ingress_path', path || '/');
      return target;
    });
  });
  return { labels, targets };
}

/** `*.a.b` stands for one name before `.a.b`. */
function matchesHost(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  return pattern.startsWith('*.') && host.indexOf('.') >= 0 && host.slice(host.indexOf('.')) === pattern.slice(1);
}
