import { writeFileDurably } from '../../base/files.ts';
import type { ClusterAccess } from '../../kubernetes/client/client.ts';

/** A kubeconfig with everything in it; JSON is YAML. For its owner only: whoever reads it is the cluster's administrator. */
export function writeKubeconfig(path: string, access: ClusterAccess): void {
  const base64 = (pem = '') => Buffer.from(pem).toString('base64');
  const name = 'taffrail';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: access.server, 'certificate-authority-data': base64(access.ca) } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: access.namespace } }],
    users: [
      {
        name,
        user: {
          'client-certificate-data': base64(access.clientCertificate),
          'client-key-data': base64(access.clientKey),
        },
      },
    ],
  };
  writeFileDurably(path, `${JSON.stringify(config, null, 2)}\n`, 0o600);
}
