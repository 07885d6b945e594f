import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Option } from 'commander';
import { Fault } from '../base/fault.ts';
import type { ClusterAccess } from '../kubernetes/client/client.ts';
import { loadKubeconfig } from '../kubernetes/client/kubeconfig.ts';
import { defaultDataDir } from './server-address.ts';

export interface ClusterOptions {
  kubeconfig?: string;
  context?: string;
  dataDir?: string;
}

/** The flags by which a command finds its cluster. */
export function clusterOptions(): Option[] {
  return [
    new Option(
      '--kubeconfig <file>',
      'how to reach the cluster (default: $KUBECONFIG, ~/.kube/config, then the sandbox)',
    ),
    new Option('--context <name>', 'context of the kubeconfig (default: its current one)'),
    new Option(
      '--data-dir <dir>',
      `take the sandbox that "taffrail up" runs on this data directory (default: ${defaultDataDir})`,
    ).env('TAFFRAIL_DATA_DIR'),
  ];
}

/** Which file `resolveCluster` takes; undefined: those that $KUBECONFIG or ~/.kube/config name. */
function kubeconfigPath({ kubeconfig, dataDir }: ClusterOptions): string | undefined {
  if (kubeconfig !== undefined) return kubeconfig;
  if (dataDir !== undefined) return join(dataDir, 'kubeconfig');
  const listed = (process.env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0 || isFile(join(homedir(), '.kube', 'config'))) return undefined;
  const sandbox = join(defaultDataDir, 'kubeconfig');
  return isFile(sandbox) ? sandbox : undefined;
}

/** A flag goes before the environment, that before the home directory, and the sandbox comes last. Throws Fault `usage`. */
export function resolveCluster(options: ClusterOptions): ClusterAccess {
  const path = kubeconfigPath(options);
  if (options.kubeconfig === undefined && options.dataDir !== undefined && path !== undefined && !existsSync(path)) {
    const hint = 'start one with "taffrail up", or name a cluster with --kubeconfig FILE';
    throw new Fault('usage', `no sandbox has left its kubeconfig in ${options.dataDir}`, { hint });
  }
  return loadKubeconfig(path, options.context);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
