import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KubeObject, KubernetesClient } from '../kubernetes/client/client.ts';
import { scrapeSettings } from '../resources/scrape/scrape.ts';
import type { ControlPlane } from '../sandbox/control/control.ts';
import { applyManifests } from '../sandbox/manifests/apply.ts';
import { type Manifest, readManifests } from '../sandbox/manifests/manifests.ts';
import { type RunningMetricsServer, startMetricsServer } from './metrics-server.ts';
import type { ServerParts } from './server.ts';

const manifestPath = fileURLToPath(new URL('../../deploy/metrics.yaml', import.meta.url));
const account = 'metrics-server';
const namespace = 'kube-system';
/** There is no image in the sandbox: the server is part of this process, at an address of loopback. */
const leftOut = new Set(['Deployment', 'PodDisruptionBudget']);

export interface SandboxMetricsOptions {
  dataDir: string;
  resolutionMs: number;
  control: ControlPlane;
  /** May create what the manifest says. */
  client: KubernetesClient;
}

/** The Metrics API behind the sandbox's aggregation layer, with the rights that deploy/metrics.yaml gives it, and no other. */
export async function startSandboxMetrics(
  { dataDir, resolutionMs, control, client }: SandboxMetricsOptions,
  parts: ServerParts,
): Promise<RunningMetricsServer> {
  const directory = join(dataDir, 'metrics');
  const manifests = readManifests(manifestPath).filter(({ object }) => !leftOut.has(object.kind ?? ''));
  // The rights first: the server asks whom it may believe as soon as it starts.
  const [service, registration] = ['Service', 'APIService'].map((kind) => manifests.find(isOf(kind))!);
  const apply = (some: Manifest[]) => applyManifests(client, some, (fault) => parts.log.warn(fault.message));
  await apply(manifests.filter((manifest) => manifest !== service && manifest !== registration));
  const server = await startMetricsServer(
    {
      host: '127.0.0.1',
      port: 0,
      certificate: { directory, hosts: [`${account}.${namespace}.svc`, '127.0.0.1'] },
      access: control.accessFor(`system:serviceaccount:${namespace}:${account}`, [
        'system:serviceaccounts',
        `system:serviceaccounts:${namespace}`,
      ]),
      scrape: scrapeSettings({ resolutionMs, useNodeStatusPort: true, addressTypes: ['InternalIP'] }, true),
    },
    { ...parts, random: Math.random },
  );
  const certificate = readFileSync(join(directory, 'apiserver.crt')).toString('base64');
  await apply([
    changed(service!, ({ selector: _, ...spec }) => spec),
    { object: endpointsOf(server.port), where: service!.where },
    changed(registration!, ({ insecureSkipTLSVerify: _, ...spec }) => ({ ...spec, caBundle: certificate })),
  ]);
  return server;
}

function isOf(kind: string): (manifest: Manifest) => boolean {
  return ({ object }) => object.kind === kind;
}

function changed({ object, where }: Manifest, change: (spec: KubeObject['spec']) => unknown): Manifest {
  return { object: { ...object, spec: change(object.spec) }, where };
}

function endpointsOf(port: number): KubeObject {
  const subsets = [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'https', port, protocol: 'TCP' }] }];
  return { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: account, namespace }, subsets };
}
