import { readFileSync } from 'node:fs';
import { Fault, messageOf } from '../../base/fault.ts';
import type { ClusterAccess } from '../../kubernetes/client/client.ts';
import { agentMain } from '../../processes/agent.ts';
import { createLogger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { untilInterrupted } from '../interrupt.ts';
import type { AgentFlags } from './agent-flags.ts';

export async function runAgent(flags: AgentFlags): Promise<void> {
  const { logRoot, to, dataDir, nodeName, metricsPort } = flags;
  const access = await clusterAccess(flags);
  const signal = untilInterrupted();
  await agentMain(
    {
      logRoot,
      to,
      dataDir,
      nodeName,
      cluster: flags.cluster ?? (access ? await clusterId(access) : 'default'),
      ...(access && { access }),
      ...(flags.tokenFile !== undefined && { token: () => readToken(flags.tokenFile!) }),
      ...(metricsPort !== undefined && { metricsPort }),
      once: flags.once ?? false,
      log: createLogger(),
      metrics: new MetricsRegistry(),
    },
    signal,
  );
}

/** The Kubernetes client is loaded only where there is a cluster to ask. */
async function clusterAccess({ kubeconfig }: AgentFlags): Promise<ClusterAccess | undefined> {
  const inCluster = process.env.KUBERNETES_SERVICE_HOST !== undefined;
  if (kubeconfig === undefined && !inCluster) return undefined;
  const { loadKubeconfig, inClusterAccess } = await import('../../kubernetes/client/kubeconfig.ts');
  return kubeconfig === undefined ? inClusterAccess() : loadKubeconfig(kubeconfig);
}

async function clusterId(access: ClusterAccess): Promise<string> {
  const { createClient } = await import('../../kubernetes/client/http-client.ts');
  const client = createClient(access);
  try {
    const namespace = await client.request('/api/v1/namespaces/kube-system');
    return namespace.metadata.uid ?? '';
  } catch (error) {
    throw new Fault('unavailable', `the cluster's id cannot be learnt: ${messageOf(error)}`, {
      cause: error,
      hint: 'allow "get" on the namespace kube-system, or name the cluster with --cluster ID',
    });
  } finally {
    client.close();
  }
}

function readToken(path: string): string {
  return readFileSync(path, 'utf8').trim();
}
