import { Command } from 'commander';
import { systemClock } from '../../base/clock.ts';
import { startServer } from '../../processes/server.ts';
import { createLogger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { aborted, untilInterrupted } from '../interrupt.ts';
import {
  type ListenerFlags,
  listenerSettings,
  type StoreFlags,
  serverSettings,
  storeSettings,
} from '../server-settings.ts';
import { applyConfigFile, configOption } from '../settings.ts';

export function command(): Command {
  const server = new Command('server').description('Store the logs that agents ship, and answer queries.');
  for (const option of [...storeSettings(), ...listenerSettings(), configOption]) server.addOption(option);
  return server
    .addHelpText(
      'after',
      '\nExamples:\n  taffrail server --data-dir /var/lib/taffrail\n  taffrail server --host 0.0.0.0 --tokens-file tokens.yaml --tls-cert tls.crt --tls-key tls.key\n',
    )
    .action(async (_flags, self: Command) => {
      await applyConfigFile(self);
      const signal = untilInterrupted();
      const parts = { log: createLogger(), metrics: new MetricsRegistry(), clock: systemClock };
      const running = await startServer(serverSettings(self.opts<StoreFlags & ListenerFlags>()), parts);
      await aborted(signal);
      parts.log.info('server is stopping', { reason: String(signal.reason) });
      await running.close();
    });
}
