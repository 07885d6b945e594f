import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../base/fault.ts';
import type { ClusterAccess } from './client.ts';
import { RereadingFile } from './rereading-file.ts';

/** Where the kubelet puts a pod's ServiceAccount. */
const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The access of the pod that this process runs in; the token is read again when it is renewed. Throws Fault `usage` outside a pod. */
export function inClusterAccess(
  env: NodeJS.ProcessEnv = process.env,
  directory: string = serviceAccountDirectory,
): ClusterAccess {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port) {
    throw new Fault('usage', 'not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set', {
      hint: 'name a kubeconfig with --kubeconfig',
    });
  }
  const file = (name: string) => new RereadingFile(join(directory, name), 'the pod');
  const token = file('token');
  const ca = file('ca.crt');
  const namespace = join(directory, 'namespace');
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    get ca() {
      return ca.read();
    },
    token: async () => token.read().trim(),
    namespace: existsSync(namespace) ? file('namespace').read().trim() : 'default',
  };
}
