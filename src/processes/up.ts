import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeLock } from '../base/lock.ts';
import type { KubernetesClient } from '../kubernetes/client/client.ts';
import { createClient } from '../kubernetes/client/http-client.ts';
import { startControlPlane } from '../sandbox/control/control.ts';
import { startControllers } from '../sandbox/control/controllers/controllers.ts';
import { applyManifests } from '../sandbox/manifests/apply.ts';
import { type Manifest, readManifests } from '../sandbox/manifests/manifests.ts';
import { crashBackoffUpTo, startNode } from '../sandbox/node/node.ts';
import type { ScrapeConfig } from '../series/scrape/scrape.ts';
import { startAgent } from './agent.ts';
import { openDataDirectory } from './data-directory.ts';
import { startSandboxMetrics } from './sandbox-metrics.ts';
import { type ServerParts, type ServerSettings, startServer } from './server.ts';

export interface UpSettings extends ServerSettings {
  /** Port of the sandbox's Kubernetes API. */
  apiPort: number;
  manifests: string[];
  examples: boolean;
  logMaxSizeBytes: number;
  logMaxFiles: number;
  /** The longest that a crashing container waits for its restart. */
  crashLoopMaxMs: number;
  /** How often the Metrics API asks the kubelet; null leaves it out. */
  metricResolutionMs: number | null;
  /** What is scraped into the store of series; null: nothing. */
  scrape: ScrapeConfig | null;
}

export interface RunningSandbox {
  url: URL;
  apiUrl: string;
  kubeconfigPath: string;
  /** Ends every pod, then everything else. */
  close(): Promise<void>;
}

export const sandboxNodeName = 'sandbox';
const examplesPath = fileURLToPath(new URL('../sandbox/examples/examples.yaml', import.meta.url));

/** The whole product in one process, on a cluster look-alike. `tell` is called with what is being done, for a person who waits. */
export async function startUp(
  settings: UpSettings,
  parts: ServerParts,
  tell: (doing: string) => void,
): Promise<RunningSandbox> {
  // Read first: a manifest with a mistake in it should stop nothing half-way.
  const manifests = [
    ...(settings.examples ? readManifests(examplesPath) : []),
    ...settings.manifests.flatMap(readManifests),
  ];
  openDataDirectory(settings.dataDir);
  const closers = new AsyncDisposableStack();
  try {
    const lock = takeLock(join(settings.dataDir, 'lock'), `the data directory ${settings.dataDir}`);
    closers.defer(() => lock.release());
    return await start(settings, parts, manifests, tell, closers);
  } catch (error) {
    await closers.disposeAsync();
    throw error;
  }
}

async function start(
  settings: UpSettings,
  parts: ServerParts,
  manifests: Manifest[],
  tell: (doing: string) => void,
  closers: AsyncDisposableStack,
): Promise<RunningSandbox> {
  const { dataDir } = settings;
  const part = (name: string) => ({ ...parts, log: parts.log.with({ part: name }) });

  tell('opening the store');
  const server = await startServer(settings, part('server'));
  closers.defer(() => server.close());

  tell('starting the control plane');
  const control = await startControlPlane({ dataDir, port: settings.apiPort, host: '127.0.0.1', ...part('control') });
  closers.defer(() => control.close());
  const client = createClient(control.accessFor('system:kube-controller-manager', ['system:masters']));
  closers.defer(() => client.close());
  closers.defer(runControllers(client, part('controllers')));

  tell('starting the agent');
  const logRoot = join(dataDir, 'node', 'log', 'pods');
  mkdirSync(join(dataDir, 'node'), { recursive: true, mode: 0o700 });
  mkdirSync(logRoot, { recursive: true });
  const agent = await startAgent({
    logRoot,
    to: server.url,
    dataDir,
    nodeName: sandboxNodeName,
    cluster: await clusterId(client),
    settings: { rotatedFilesMax: settings.logMaxFiles },
    access: control.accessFor('system:serviceaccount:taffrail:agent', ['taffrail:agents']),
    ...part('agent'),
  });
  closers.defer(() => agent.close());

  tell('starting the node');
  const node = await startNode({
    dataDir,
    logRoot,
    nodeName: sandboxNodeName,
    access: control.accessFor(`system:node:${sandboxNodeName}`, ['system:nodes', 'system:masters']),
    tls: control.kubeletServing,
    logMaxSizeBytes: settings.logMaxSizeBytes,
    logMaxFiles: settings.logMaxFiles,
    crashBackoff: crashBackoffUpTo(settings.crashLoopMaxMs),
    ...part('node'),
  });
  closers.defer(() => node.close({ stopPods: true }));

  if (settings.metricResolutionMs !== null) {
    tell('starting the Metrics API');
    const resolutionMs = settings.metricResolutionMs;
    const metricsApi = await startSandboxMetrics({ dataDir, resolutionMs, control, client }, part('metrics-server'));
    closers.defer(() => metricsApi.close());
  }
  if (settings.scrape !== null) {
    const scraper = createClient(control.accessFor('system:serviceaccount:taffrail:server', ['taffrail:servers']));
    closers.defer(() => scraper.close());
    await server.series.scrape({ config: settings.scrape, client: scraper });
  }

  if (manifests.length > 0) tell('applying the manifests');
  await applyManifests(client, manifests, (fault) => tell(`left as it is: ${fault.message}`));
  const { url: apiUrl, kubeconfigPath } = control;
  return { url: server.url, apiUrl, kubeconfigPath, close: () => closers.disposeAsync() };
}

/** Returns what stops them. */
function runControllers(client: KubernetesClient, parts: ServerParts): () => Promise<void> {
  const controller = new AbortController();
  const done = startControllers(client, { ...parts, signal: controller.signal });
  return async () => {
    controller.abort();
    await done;
  };
}

/** The uid of the kube-system namespace is what identifies a cluster. */
async function clusterId(client: KubernetesClient): Promise<string> {
  const namespace = await client.request('/api/v1/namespaces/kube-system');
  return namespace.metadata.uid ?? '';
}
