/** The real kubectl in every version that is installed, against a control plane of its own. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { type ControlPlane, startControlPlane } from '../../src/sandbox/control/control.ts';
import { MetricsRegistry, silentLogger } from '../../src/telemetry/telemetry.ts';

export interface Kubectl {
  name: string;
  path: string;
}

/** kubectl.1.NN beside the kubectl of the path (where it is a dispatcher), or the one of the path alone. */
export function findKubectls(): Kubectl[] {
  const found = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'kubectl'));
  const onPath = found.find((path) => existsSync(path));
  if (!onPath) return [];
  const directory = dirname(realpathSync(onPath));
  const versions = readdirSync(directory).filter((name) => /^kubectl\.1\.\d+$/.test(name));
  const sorted = versions.sort((a, b) => Number(a.split('.')[2]) - Number(b.split('.')[2]));
  if (sorted.length === 0) return [{ name: 'kubectl', path: onPath }];
  return sorted.map((name) => ({ name, path: join(directory, name) }));
}

export function startPlane(dataDir: string): Promise<ControlPlane> {
  const parts = { log: silentLogger, metrics: new MetricsRegistry(), clock: systemClock };
  return startControlPlane({ dataDir, host: '127.0.0.1', port: 0, ...parts });
}

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  env?: Record<string, string>;
  /** Told what has been printed so far; `stop` ends kubectl. */
  onStdout?: (text: string, stop: () => void) => void;
}

export type RunKubectl = (args: string, options?: RunOptions) => Promise<Ran>;

/** Arguments are separated by blanks; what has one within is in single quotes. */
export function kubectlRunner(kubectl: Kubectl, plane: ControlPlane, scratch: string, namespace?: string): RunKubectl {
  const own = ['--kubeconfig', plane.kubeconfigPath, '--cache-dir', join(scratch, kubectl.name)];
  if (namespace !== undefined) own.push('-n', namespace);
  return (args, { input, env, onStdout } = {}) =>
    new Promise((resolve, reject) => {
      const given = (args.match(/'[^']*'|\S+/g) ?? []).map((arg) => arg.replace(/^'(.*)'$/s, '$1'));
      const child = spawn(kubectl.path, [...own, ...given], { env: { PATH: process.env.PATH, HOME: scratch, ...env } });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk) => {
        stdout += chunk;
        onStdout?.(stdout, () => child.kill());
      });
      child.stderr.on('data', (chunk) => (stderr += chunk));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
      child.stdin.end(input);
    });
}

export async function out(ran: Promise<Ran>): Promise<string> {
  const { code, stdout, stderr } = await ran;
  assert.equal(code, 0, stderr || stdout);
  return stdout;
}

export async function refusal(ran: Promise<Ran>): Promise<string> {
  const { code, stdout, stderr } = await ran;
  assert.notEqual(code, 0, stdout);
  return stderr.trim();
}
