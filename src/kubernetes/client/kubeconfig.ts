import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import type { ClusterAccess } from './client.ts';
import { type ExecCredential, type ExecPlugin, execPluginOf, runExecPlugin } from './exec-credential.ts';
import {
  type Kubeconfig,
  optionalFlag,
  optionalSection,
  optionalText,
  pathOf,
  readKubeconfigs,
  requiredText,
  type Section,
  wrong,
} from './kubeconfig-file.ts';
import { RereadingFile } from './rereading-file.ts';

export { inClusterAccess } from './in-cluster.ts';

/** A plugin's credential is asked for anew this long before it expires. */
const expiryMarginMs = 10_000;

/**
 * `path`, or the files of $KUBECONFIG, or ~/.kube/config. Throws Fault `usage` that names the file and the key.
 * Certificates and tokens in files are read again when these change.
 */
export function loadKubeconfig(path?: string, context?: string, clock: Clock = systemClock): ClusterAccess {
  const config = readKubeconfigs(kubeconfigFiles(path));
  const name = context ?? config.currentContext;
  if (name === undefined) {
    throw new Fault('usage', 'the kubeconfig has no current-context', { hint: contextsHint(config) });
  }
  const section = config.contexts.get(name);
  if (!section) throw new Fault('usage', `the kubeconfig has no context ${name}`, { hint: contextsHint(config) });
  const cluster = referenced(config.clusters, section, 'cluster');
  const userName = optionalText(section, 'user');
  const user = userName === undefined ? undefined : referenced(config.users, section, 'user');
  return new KubeconfigAccess(cluster, user, optionalText(section, 'namespace') ?? 'default', clock);
}

function kubeconfigFiles(path: string | undefined): string[] {
  if (path !== undefined) return [path];
  const listed = (process.env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  const files = (listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')]).filter(isFile);
  if (files.length > 0) return files;
  throw new Fault('usage', `there is no kubeconfig: ${listed.join(', ') || '~/.kube/config'} does not exist`, {
    hint: 'name one with --kubeconfig or KUBECONFIG',
  });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function contextsHint(config: Kubeconfig): string {
  const names = [...config.contexts.keys()];
  return names.length === 0 ? 'it has no contexts at all' : `it has ${names.join(', ')}`;
}

function referenced(sections: Map<string, Section>, context: Section, key: 'cluster' | 'user'): Section {
  const name = requiredText(context, key);
  const found = sections.get(name);
  if (!found) throw wrong(context, key, `names ${name}, which is not among the ${key}s`);
  return found;
}

type Material = (() => string) | undefined;

/** Invariant: `#credential` is what the plugin gave last, and undefined once it has expired or was refused. */
class KubeconfigAccess implements ClusterAccess {
  readonly server: string;
  readonly namespace: string;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName?: string;
  readonly token?: () => Promise<string>;
  #ca: Material;
  #certificate: Material;
  #key: Material;
  #plugin: ExecPlugin | undefined;
  #credential: ExecCredential | undefined;
  #asking: Promise<ExecCredential> | undefined;
  #clock: Clock;

  constructor(cluster: Section, user: Section | undefined, namespace: string, clock: Clock) {
    this.#clock = clock;
    this.namespace = namespace;
    this.server = serverOf(cluster);
    this.insecureSkipTlsVerify = optionalFlag(cluster, 'insecure-skip-tls-verify');
    const tlsServerName = optionalText(cluster, 'tls-server-name');
    if (tlsServerName !== undefined) this.tlsServerName = tlsServerName;
    refuse(cluster, ['proxy-url']);
    this.#ca = material(cluster, 'certificate-authority');
    if (this.insecureSkipTlsVerify && this.#ca) {
      throw wrong(cluster, 'insecure-skip-tls-verify', 'and a certificate-authority exclude each other');
    }
    if (!user) return;
    refuse(user, ['username', 'auth-provider', 'as', 'as-groups', 'as-uid', 'as-user-extra']);
    this.#certificate = material(user, 'client-certificate');
    this.#key = material(user, 'client-key');
    if (!this.#certificate !== !this.#key) {
      throw wrong(user, 'client-certificate', 'and client-key need each other; one of them is missing');
    }
    this.#plugin = pluginOf(user, cluster, this.server, this.#ca);
    const token = tokenOf(user);
    if (token) this.token = token;
    else if (this.#plugin) this.token = () => this.#pluginToken();
  }

  get ca(): string | undefined {
    return this.#ca?.();
  }

  get clientCertificate(): string | undefined {
    return this.#credential?.clientCertificate ?? this.#certificate?.();
  }

  get clientKey(): string | undefined {
    return this.#credential?.clientKey ?? this.#key?.();
  }

  onUnauthorized = (): void => {
    this.#credential = undefined;
  };

  async #pluginToken(): Promise<string> {
    const { expiresMs } = this.#credential ?? {};
    if (expiresMs !== undefined && this.#clock.nowMs() > expiresMs - expiryMarginMs) this.#credential = undefined;
    this.#credential ??= await this.#askPlugin();
    return this.#credential.token ?? '';
  }

  /** Requests at the same time share one run of the plugin. */
  #askPlugin(): Promise<ExecCredential> {
    this.#asking ??= runExecPlugin(this.#plugin!).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }
}

function serverOf(cluster: Section): string {
  const server = requiredText(cluster, 'server');
  const url = URL.parse(server);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw wrong(cluster, 'server', `must be an https:// or http:// address, not ${server}`);
  }
  return server.replace(/\/+$/, '');
}

/** `<key>-data` goes before `<key>`, as in kubectl; a relative path is relative to the kubeconfig. */
function material(section: Section, key: string): Material {
  const data = optionalText(section, `${key}-data`);
  if (data !== undefined) {
    const text = Buffer.from(data, 'base64').toString();
    if (!text.includes('-----BEGIN ')) throw wrong(section, `${key}-data`, 'is not PEM in base64');
    return () => text;
  }
  const path = optionalText(section, key);
  if (path === undefined) return undefined;
  const file = fileOf(section, key, path);
  file.read();
  return () => file.read();
}

function tokenOf(user: Section): (() => Promise<string>) | undefined {
  const path = optionalText(user, 'tokenFile');
  if (path !== undefined) {
    const file = fileOf(user, 'tokenFile', path);
    return async () => file.read().trim();
  }
  const token = optionalText(user, 'token');
  return token === undefined ? undefined : async () => token;
}

function fileOf(section: Section, key: string, path: string): RereadingFile {
  return new RereadingFile(resolve(dirname(section.file), path), `${section.file}: ${pathOf(section, key)}`);
}

function pluginOf(user: Section, cluster: Section, server: string, ca: Material): ExecPlugin | undefined {
  const section = optionalSection(user, 'exec');
  if (!section) return undefined;
  const info = {
    server,
    ...(ca ? { 'certificate-authority-data': Buffer.from(ca()).toString('base64') } : {}),
    ...(optionalFlag(cluster, 'insecure-skip-tls-verify') ? { 'insecure-skip-tls-verify': true } : {}),
  };
  return execPluginOf(section, dirname(resolve(user.file)), info, process.stdin.isTTY === true);
}

/** Passing over one of these in silence would mean acting as somebody else, or over another way, than was asked for. */
function refuse(section: Section, keys: readonly string[]): void {
  for (const key of keys) {
    if (section.fields[key] != null && section.fields[key] !== '') {
      throw wrong(section, key, 'is not supported', 'use a token, tokenFile, client certificate or exec plugin');
    }
  }
}
