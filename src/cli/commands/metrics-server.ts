import { Command } from 'commander';
import { systemClock } from '../../base/clock.ts';
import { versionText } from '../../base/version.ts';
import { keepMemoryLow } from '../../processes/low-memory.ts';
import { startMetricsServer } from '../../processes/metrics-server.ts';
import { createLogger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { aborted, untilInterrupted } from '../interrupt.ts';
import { applyConfigFile, configOption } from '../settings.ts';
import { type MetricsServerFlags, metricsServerOptions } from './metrics-server-flags.ts';
import { ineffectiveOf, metricsServerSettings } from './metrics-server-settings.ts';

const debugLevel = 4;

export function command(): Command {
  const server = new Command('metrics-server').description(
    'Serve the Metrics API (kubectl top, HPA) of a cluster, in place of metrics-server and with its flags.',
  );
  for (const option of [...metricsServerOptions(), configOption]) server.addOption(option);
  return server
    .version(versionText, '--version', 'print the version')
    .addHelpText(
      'after',
      '\nExamples:\n  kubectl apply -f deploy/metrics.yaml        # in a cluster\n  taffrail metrics-server --kubeconfig admin.conf --secure-port 10443 --cert-dir /tmp/certificates\n',
    )
    .action(async (_flags, self: Command) => {
      await applyConfigFile(self);
      const flags = self.opts<MetricsServerFlags>();
      const log = createLogger({ level: flags.v >= debugLevel ? 'debug' : 'info' });
      for (const name of ineffectiveOf(flags)) log.warn('a flag of metrics-server has no effect here', { flag: name });
      const signal = untilInterrupted();
      const relieve = keepMemoryLow();
      const parts = { log, metrics: new MetricsRegistry(), clock: systemClock, random: Math.random, relieve };
      const running = await startMetricsServer(await metricsServerSettings(flags), parts);
      try {
        await Promise.race([aborted(signal), running.failed]);
      } finally {
        log.info('metrics-server is stopping', { reason: String(signal.reason ?? 'it cannot go on') });
        await running.close();
      }
    });
}
