import { Command } from 'commander';
import { systemClock } from '../../base/clock.ts';
import type { KubernetesClient } from '../../kubernetes/client/client.ts';
import { startServer } from '../../processes/server.ts';
import { createLogger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { aborted, untilInterrupted } from '../interrupt.ts';
import { type KubeletFlags, kubeletCertificateSettings } from '../kubelet-settings.ts';
import {
  type ListenerFlags,
  listenerSettings,
  type StoreFlags,
  scrapeConfig,
  serverSettings,
  storeSettings,
} from '../server-settings.ts';
import { applyConfigFile, configOption, setting } from '../settings.ts';

const scrapeIntervalMs = 15_000;

type ServerFlags = StoreFlags & ListenerFlags & KubeletFlags & { kubeconfig?: string };

export function command(): Command {
  const server = new Command('server').description(
    'Store the logs that agents ship and the series that are scraped or written, and answer queries.',
  );
  const cluster = setting('--kubeconfig <file>', 'cluster whose kubelets and pods are scraped (in a pod: its own)');
  const kubelets = [
    ...kubeletCertificateSettings(),
    setting('--kubelet-insecure-tls', 'take any certificate of a kubelet; for tests'),
  ];
  const own = [...storeSettings(scrapeIntervalMs), ...listenerSettings(), cluster, ...kubelets, configOption];
  for (const option of own) server.addOption(option);
  return server
    .addHelpText(
      'after',
      '\nExamples:\n  taffrail server --data-dir /var/lib/taffrail\n  taffrail server --host 0.0.0.0 --tokens-file tokens.yaml --tls-cert tls.crt --tls-key tls.key\n',
    )
    .action(async (_flags, self: Command) => {
      await applyConfigFile(self);
      const signal = untilInterrupted();
      const parts = { log: createLogger(), metrics: new MetricsRegistry(), clock: systemClock };
      const flags = self.opts<ServerFlags>();
      const client = await clusterClient(flags);
      const config = client || flags.scrapeConfig !== undefined ? await scrapeConfig(flags) : undefined;
      const running = await startServer(serverSettings(flags), parts);
      try {
        if (config) await running.series.scrape({ config, ...(client && { client }) });
        await aborted(signal);
        parts.log.info('server is stopping', { reason: String(signal.reason) });
      } finally {
        await running.close();
        client?.close();
      }
    });
}

/** What is found in the cluster is scraped where there is one: in a pod, or by --kubeconfig. */
async function clusterClient({ kubeconfig }: ServerFlags): Promise<KubernetesClient | undefined> {
  if (kubeconfig === undefined && process.env.KUBERNETES_SERVICE_HOST === undefined) return undefined;
  const [{ createClient }, { inClusterAccess, loadKubeconfig }] = await Promise.all([
    import('../../kubernetes/client/http-client.ts'),
    import('../../kubernetes/client/kubeconfig.ts'),
  ]);
  return createClient(kubeconfig === undefined ? inClusterAccess() : await loadKubeconfig(kubeconfig));
}
