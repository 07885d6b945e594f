/** The servers that the bench of the resource metrics compares: how each is started, and what it says of itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { atEnd, type Cleanup, taffrail } from '../test/journeys/processes.ts';

export interface MeasuredServer {
  child: ChildProcess;
  url: string;
  /** Of the text on /metrics: rounds begun, requests that failed, seconds of a round. */
  missed(metrics: string): number;
  roundSeconds(metrics: string): number;
}

export interface ClusterFiles {
  directory: string;
  server: string;
  ca: string;
  certificate: string;
  key: string;
}

export function writeKubeconfig({ directory, server, ca, certificate, key }: ClusterFiles): string {
  const encoded = (pem: string) => Buffer.from(pem).toString('base64');
  const file = join(directory, 'kubeconfig');
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'bench',
      clusters: [{ name: 'bench', cluster: { server, 'certificate-authority-data': encoded(ca) } }],
      users: [
        { name: 'bench', user: { 'client-certificate-data': encoded(certificate), 'client-key-data': encoded(key) } },
      ],
      contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    }),
  );
  return file;
}

export interface Started {
  directory: string;
  kubeconfig: string;
  resolutionMs: number;
}

/** Our own command, with the measure of its event loop loaded before it. */
export async function startOurs(t: Cleanup, { directory, kubeconfig, resolutionMs }: Started): Promise<MeasuredServer> {
  const preload = new URL('resources-delay.ts', import.meta.url).href;
  const flags = await commonFlags({ directory, kubeconfig, resolutionMs });
  const child = spawn(taffrail, ['metrics-server', ...flags.args], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${preload}` },
  });
  child.stderr?.resume();
  stopAtEnd(t, child);
  return {
    child,
    url: flags.url,
    missed: (text) =>
      sample(text, 'taffrail_resources_scrapes_total{outcome="failed"}') +
      sample(text, 'taffrail_resources_scrapes_total{outcome="skipped"}'),
    roundSeconds: (text) => sample(text, 'taffrail_resources_round_seconds'),
  };
}

export async function startPeer(
  t: Cleanup,
  binary: string,
  { directory, kubeconfig, resolutionMs }: Started,
): Promise<MeasuredServer> {
  const flags = await commonFlags({ directory, kubeconfig, resolutionMs });
  const delegated = [
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--cert-dir=${join(directory, 'peer')}`,
  ];
  const child = spawn(binary, [...flags.args, ...delegated], { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr?.resume();
  stopAtEnd(t, child);
  return {
    child,
    url: flags.url,
    missed: (text) => sample(text, 'metrics_server_kubelet_request_total{success="false"}'),
    roundSeconds: (text) =>
      sample(text, 'metrics_server_manager_tick_duration_seconds_sum') /
      sample(text, 'metrics_server_manager_tick_duration_seconds_count'),
  };
}

/** Nothing but an event loop. */
export function startIdle(t: Cleanup): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--import', new URL('resources-delay.ts', import.meta.url).href, '-e', 'setInterval(() => {}, 1e6)'],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  stopAtEnd(t, child);
  return child;
}

async function commonFlags({ directory, kubeconfig, resolutionMs }: Started): Promise<{ args: string[]; url: string }> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  listener.close();
  await once(listener, 'close');
  const args = [
    `--kubeconfig=${kubeconfig}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    `--metric-resolution=${resolutionMs / 1000}s`,
    '--kubelet-use-node-status-port',
    `--cert-dir=${join(directory, 'serving')}`,
  ];
  return { args, url: `https://127.0.0.1:${port}` };
}

function stopAtEnd(t: Cleanup, child: ChildProcess): void {
  const exited = once(child, 'exit');
  atEnd(t, async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill();
    await exited;
  });
}

function sample(text: string, series: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.split(' ')[1] ?? 0);
}
