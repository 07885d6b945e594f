import { spawn } from 'node:child_process';
import { isAbsolute, join } from 'node:path';
import { Fault, messageOf } from '../../base/fault.ts';
import type { Section } from './kubeconfig-file.ts';
import { listOf, optionalFlag, optionalText, requiredText, wrong } from './kubeconfig-file.ts';

/** A credential plugin of client.authentication.k8s.io, as a kubeconfig names it. */
export interface ExecPlugin {
  apiVersion: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  installHint: string | undefined;
  /** Whether the plugin may ask the person at the terminal. */
  interactive: boolean;
  /** Handed over in KUBERNETES_EXEC_INFO where the plugin asked for it. */
  cluster: Record<string, unknown> | undefined;
}

export interface ExecCredential {
  token?: string;
  clientCertificate?: string;
  clientKey?: string;
  /** Milliseconds since 1970; undefined: until the server refuses it. */
  expiresMs?: number;
}

const apiVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
/** Long, because a plugin may send a person through a browser. */
const execTimeoutMs = 5 * 60_000;
const execOutputBytesMax = 1024 * 1024;

export function execPluginOf(
  section: Section,
  directory: string,
  cluster: Record<string, unknown>,
  interactiveTerminal: boolean,
): ExecPlugin {
  const apiVersion = requiredText(section, 'apiVersion');
  if (!apiVersions.includes(apiVersion)) {
    throw wrong(section, 'apiVersion', `is ${apiVersion}; known are ${apiVersions.join(' and ')}`);
  }
  const command = requiredText(section, 'command');
  const mode = optionalText(section, 'interactiveMode') ?? 'IfAvailable';
  if (mode === 'Always' && !interactiveTerminal) {
    throw wrong(section, 'interactiveMode', 'is Always, and standard input is not a terminal');
  }
  return {
    apiVersion,
    command: command.includes('/') && !isAbsolute(command) ? join(directory, command) : command,
    args: listOf(section, 'args').map(String),
    env: environmentOf(section),
    installHint: optionalText(section, 'installHint'),
    interactive: mode !== 'Never' && interactiveTerminal,
    cluster: optionalFlag(section, 'provideClusterInfo') ? cluster : undefined,
  };
}

/** Runs the plugin and reads its answer. Throws Fault `unauthenticated`. */
export async function runExecPlugin(plugin: ExecPlugin): Promise<ExecCredential> {
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: plugin.interactive, ...(plugin.cluster ? { cluster: plugin.cluster } : {}) },
  };
  const output = await outputOf(plugin, { ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) });
  return credentialOf(plugin, output);
}

function outputOf(plugin: ExecPlugin, env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(plugin.command, plugin.args, {
      env: { ...process.env, ...env },
      stdio: [plugin.interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
    });
    // Not spawn's own timeout: that one lives on where the command does not exist.
    const timer = setTimeout(() => child.kill(), execTimeoutMs);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length <= execOutputBytesMax) return;
      // The pipe is closed too: what the plugin started would go on writing into it.
      child.stdout.destroy();
      child.kill();
      reject(failed(plugin, `it printed more than execOutputBytesMax (${execOutputBytesMax} bytes)`));
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(failed(plugin, messageOf(error)));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else reject(failed(plugin, code === null ? `it was ended by ${signal}` : `it ended with exit code ${code}`));
    });
  });
}

function credentialOf(plugin: ExecPlugin, output: string): ExecCredential {
  let answer: { kind?: unknown; apiVersion?: unknown; status?: Record<string, unknown> };
  try {
    answer = JSON.parse(output);
  } catch {
    throw failed(plugin, 'what it printed is not JSON');
  }
  if (answer?.kind !== 'ExecCredential') throw failed(plugin, 'what it printed is not an ExecCredential');
  if (answer.apiVersion !== plugin.apiVersion) {
    throw failed(plugin, `it answered with apiVersion ${answer.apiVersion}, asked for was ${plugin.apiVersion}`);
  }
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = answer.status ?? {};
  const credential: ExecCredential = {};
  if (typeof token === 'string' && token) credential.token = token;
  if (typeof clientCertificateData === 'string' && typeof clientKeyData === 'string') {
    credential.clientCertificate = clientCertificateData;
    credential.clientKey = clientKeyData;
  }
  if (!credential.token && !credential.clientCertificate) {
    throw failed(plugin, 'its answer holds neither a token nor a certificate with its key');
  }
  const expiresMs = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : Number.NaN;
  if (!Number.isNaN(expiresMs)) credential.expiresMs = expiresMs;
  return credential;
}

function environmentOf(section: Section): Record<string, string> {
  const env: Record<string, string> = {};
  for (const entry of listOf(section, 'env')) {
    const { name, value } = (entry ?? {}) as { name?: unknown; value?: unknown };
    if (typeof name !== 'string') throw wrong(section, 'env', 'has an entry without a name');
    env[name] = String(value ?? '');
  }
  return env;
}

function failed(plugin: ExecPlugin, why: string): Fault {
  return new Fault('unauthenticated', `the credential plugin ${plugin.command} gave no credential: ${why}`, {
    ...(plugin.installHint ? { hint: plugin.installHint } : {}),
  });
}
