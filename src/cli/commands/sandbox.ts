import { join } from 'node:path';
import { Command } from 'commander';
import { createClient } from '../../kubernetes/client/http-client.ts';
import { loadKubeconfig } from '../../kubernetes/client/kubeconfig.ts';
import { evictPod } from '../../sandbox/node/node.ts';
import { setting } from '../settings.ts';

interface EvictFlags {
  dataDir: string;
  namespace?: string;
  message: string;
}

export function command(): Command {
  const sandbox = new Command('sandbox').description('Act on the sandbox cluster as its node would.');
  sandbox
    .command('evict')
    .description(
      'Evict a pod as the node does under pressure: it fails with reason Evicted and its log files are removed.',
    )
    .argument('<pod>', 'name of the pod')
    .option('-n, --namespace <name>', "namespace of the pod (default: the kubeconfig's)")
    .option('--message <text>', "what the pod's status says", '')
    .addOption(setting('--data-dir <dir>', 'data directory of the running sandbox', { default: '.taffrail' }))
    .addHelpText('after', '\nExample:\n  taffrail sandbox evict ticker && taffrail logs ticker\n')
    .action(async (pod: string, flags: EvictFlags) => {
      const access = loadKubeconfig(join(flags.dataDir, 'kubeconfig'));
      const client = createClient(access);
      try {
        await evictPod(client, flags.namespace ?? access.namespace, pod, { message: flags.message });
        process.stdout.write(`pod/${pod} evicted\n`);
      } finally {
        client.close();
      }
    });
  return sandbox;
}
