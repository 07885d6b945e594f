import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { configMaps } from '../kinds/configuration.ts';
import { type Registry, timestamp } from '../registry/registry.ts';
import { remoteHeaders } from './remote-user.ts';

/** The name in the front proxy's certificate, the only one that may say who is asking. */
export const frontProxyName = 'front-proxy-client';
const namespace = 'kube-system';
const name = 'extension-apiserver-authentication';

/** From this ConfigMap extension servers learn whom to believe. Put right at every start: authorities may have been made anew. */
export function ensureExtensionAuthentication(
  registry: Registry,
  authorities: { ca: string; frontProxyCa: string },
): void {
  const data = {
    'client-ca-file': authorities.ca,
    'requestheader-client-ca-file': authorities.frontProxyCa,
    'requestheader-allowed-names': JSON.stringify([frontProxyName]),
    'requestheader-username-headers': JSON.stringify([remoteHeaders.user]),
    'requestheader-uid-headers': JSON.stringify([remoteHeaders.uid]),
    'requestheader-group-headers': JSON.stringify([remoteHeaders.group]),
    'requestheader-extra-headers-prefix': JSON.stringify([remoteHeaders.extraPrefix]),
  };
  const before = registry.store.read(configMaps.stored, { namespace, name });
  const made: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, uid: registry.newUid(), creationTimestamp: timestamp(registry.nowMs()) },
  };
  const next = { ...(before ?? made), data: { ...before?.data, ...data } };
  if (JSON.stringify(next) !== JSON.stringify(before)) registry.store.write(configMaps.stored, next, before);
}
