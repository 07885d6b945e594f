import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { Command } from 'commander';
import { Fault, messageOf } from '../../base/fault.ts';
import type { ClusterAccess } from '../../kubernetes/client/client.ts';
import { agentMain } from '../../processes/agent.ts';
import { createLogger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { untilInterrupted } from '../interrupt.ts';
import { applyConfigFile, configOption, setting } from '../settings.ts';
import { port, url } from '../values.ts';

interface AgentFlags {
  logRoot: string;
  to: URL;
  dataDir: string;
  once?: boolean;
  nodeName: string;
  cluster?: string;
  kubeconfig?: string;
  tokenFile?: string;
  metricsPort?: number;
}

export function command(): Command {
  return new Command('agent')
    .description('Collect the container logs of this node and ship every line once.')
    .addOption(setting('--log-root <dir>', "the node's container logs", { default: '/var/log/pods' }))
    .addOption(setting('--to <url>', 'the Taffrail server', { parse: url, default: new URL('http://127.0.0.1:7100') }))
    .addOption(setting('--data-dir <dir>', 'where the agent remembers how far it has read', { default: '.taffrail' }))
    .addOption(setting('--once', 'read what is there to its end, wait until it is stored, and exit'))
    .addOption(
      setting('--node-name <name>', 'the name of this node in the cluster', {
        default: hostname(),
        shown: "the machine's",
      }),
    )
    .addOption(setting('--cluster <id>', 'id of the cluster (default: the uid of its kube-system namespace)'))
    .addOption(
      setting('--kubeconfig <file>', 'how to reach the API server, for metadata (in a pod: its service account)'),
    )
    .addOption(setting('--token-file <file>', 'file with the bearer token for the server; read again when it changes'))
    .addOption(
      setting('--metrics-port <port>', "serve the agent's own /metrics on this port of 127.0.0.1", { parse: port }),
    )
    .addOption(configOption)
    .addHelpText(
      'after',
      '\nExamples:\n  taffrail agent --to https://taffrail.logging:7100 --token-file /var/run/secrets/taffrail/token\n  taffrail agent --log-root ./old-logs --once     # imports a directory\n',
    )
    .action(async (_flags, self: Command) => {
      await applyConfigFile(self);
      const flags = self.opts<AgentFlags>();
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
    });
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
