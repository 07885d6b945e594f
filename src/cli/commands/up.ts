import { Command } from 'commander';
import { systemClock } from '../../base/clock.ts';
import { type RunningSandbox, startUp, type UpSettings } from '../../processes/up.ts';
import { createLogger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { aborted, untilInterrupted } from '../interrupt.ts';
import { type StoreFlags, scrapeConfig, serverSettings, storeSettings } from '../server-settings.ts';
import { applyConfigFile, configOption, setting } from '../settings.ts';
import { bytes, durationMs, port, repeated, wholeNumber } from '../values.ts';

const mebibyte = 2 ** 20;
/** Whoever tries things out does not want to wait for two points of a rate. */
const scrapeIntervalMs = 5000;

interface UpFlags extends StoreFlags {
  apiPort: number;
  manifest?: string[];
  examples: boolean;
  logMaxSize: number;
  logMaxFiles: number;
  crashLoopMax: number;
  metricResolution: number;
  metricsServer: boolean;
  scrape: boolean;
  fresh?: boolean;
  verbose?: boolean;
}

export function command(): Command {
  const up = new Command('up')
    .description(
      'Run everything on this machine: a sandbox cluster whose pods are local processes, the node agent, the stores of logs and series, and the Metrics API.',
    )
    .addOption(
      setting('--api-port <port>', "port of the sandbox's Kubernetes API; 0 takes any free one", {
        parse: port,
        default: 7443,
      }),
    )
    .addOption(
      setting('--manifest <file>', 'manifest to apply (may be repeated)', {
        parse: repeated as (text: string, before: string[] | undefined) => string[],
      }),
    )
    .addOption(setting('--no-examples', 'leave out the example pods'))
    .addOption(
      setting('--log-max-size <size>', 'size at which the node rotates a log file', {
        parse: bytes,
        default: 10 * mebibyte,
        shown: '10Mi',
      }),
    )
    .addOption(
      setting('--log-max-files <n>', 'files that the node keeps of a container', {
        parse: wholeNumber(2, 1000),
        default: 5,
      }),
    )
    .addOption(
      setting('--crash-loop-max <duration>', 'longest wait before a crashing container is started again', {
        parse: durationMs,
        default: 300_000,
        shown: '5m',
      }),
    )
    .addOption(
      setting('--metric-resolution <duration>', 'how often the Metrics API asks the node for usage; at least 1s', {
        parse: durationMs,
        default: 2000,
        shown: '2s',
      }),
    )
    .addOption(setting('--no-metrics-server', 'leave out the Metrics API, to try another one'))
    .addOption(setting('--no-scrape', 'leave out scraping metrics into the store of series'))
    .option('--fresh', 'delete what the data directory holds first')
    .option('-v, --verbose', 'show the log of every part');
  for (const option of [...storeSettings(scrapeIntervalMs), configOption]) up.addOption(option);
  return up
    .addHelpText(
      'after',
      '\nExamples:\n  taffrail up\n  taffrail up --no-examples --manifest pod.yaml --data-dir /tmp/try --port 0 --api-port 0\n',
    )
    .action(async (_flags, self: Command) => {
      await applyConfigFile(self);
      const flags = self.opts<UpFlags>();
      if (flags.fresh) await (await import('./down.ts')).reset(flags.dataDir);
      const signal = untilInterrupted();
      const parts = {
        log: createLogger({ level: flags.verbose ? 'info' : 'warn' }),
        metrics: new MetricsRegistry(),
        clock: systemClock,
      };
      const tell = (doing: string) => void process.stderr.write(`taffrail: ${doing}\n`);
      const running = await startUp(await upSettings(flags), parts, tell);
      process.stdout.write(welcome(running, flags));
      await aborted(signal);
      tell('stopping the pods, then everything else (press Ctrl-C again to leave at once)');
      await running.close();
    });
}

async function upSettings(flags: UpFlags): Promise<UpSettings> {
  return {
    ...serverSettings({ ...flags, host: '127.0.0.1' }),
    apiPort: flags.apiPort,
    manifests: flags.manifest ?? [],
    examples: flags.examples,
    logMaxSizeBytes: flags.logMaxSize,
    logMaxFiles: flags.logMaxFiles,
    crashLoopMaxMs: flags.crashLoopMax,
    metricResolutionMs: flags.metricsServer ? flags.metricResolution : null,
    scrape: flags.scrape ? await scrapeConfig(flags) : null,
  };
}

function welcome(running: RunningSandbox, flags: UpFlags): string {
  const where = flags.dataDir === '.taffrail' ? '' : ` --data-dir ${flags.dataDir}`;
  const pod = flags.examples ? 'crasher' : 'POD';
  return `
Taffrail is running.

  people and tools   ${running.url.origin}
  Kubernetes API     ${running.apiUrl}   (a sandbox: a look-alike whose pods are processes of this machine)
  data               ${flags.dataDir}

Try, in another terminal:

  export KUBECONFIG=${running.kubeconfigPath}
  kubectl get pods
  kubectl top pods
  kubectl logs ${pod}
  bin/taffrail logs ${pod} --instance all${where}
  bin/taffrail instances${where}
  bin/taffrail query --promql 'sum by (pod) (rate(container_cpu_usage_seconds_total{metrics_path="/metrics/resource"}[1m]))'${where}

Ctrl-C stops it and every pod.
`;
}
