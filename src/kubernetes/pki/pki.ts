import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import { writeFileDurably } from '../../base/files.ts';
import { type CertificateRequest, issue, type KeyPair } from './certificate.ts';

export type { KeyPair } from './certificate.ts';

const dayMs = 24 * 3600_000;
const authorityLifetimeMs = 10 * 365 * dayMs;
const leafLifetimeMs = 365 * dayMs;
/** A leaf is issued anew when less than this is left of it. */
const leafRenewalMs = 60 * dayMs;
const authorityRenewalMs = 400 * dayMs;
/** Clocks of client and server differ a little. */
const backdateMs = 5 * 60_000;

/** Which authority signs: the cluster's own, or the one of the front proxy, whose word on who is asking is taken. */
export type AuthorityName = 'ca' | 'front-proxy-ca';

/**
 * Keys and certificates under one directory, kept over restarts: `<name>.crt` and, with mode 0600, `<name>.key`.
 * What is missing, unreadable, near its end or not of the present authority is issued anew when asked for.
 */
export interface Pki {
  /** PEM of the authority that servers and clients of the cluster trust. */
  readonly ca: string;
  /** PEM of the authority of the front proxy's client certificate. */
  readonly frontProxyCa: string;
  /** The same name with other hosts replaces the certificate. */
  server(
    name: string,
    hosts: readonly string[],
    subject?: { user: string; groups: readonly string[] },
  ): Promise<KeyPair>;
  client(user: string, groups: readonly string[], authority?: AuthorityName): Promise<KeyPair>;
  /** A key (P-256) for signing something else than certificates; made once. */
  signingKey(name: string): KeyObject;
}

/** Throws Fault `corrupt` when an authority is there but cannot be read: making another would lock everybody out. */
export async function openPki(directory: string, clock: Clock): Promise<Pki> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const authorities: Record<AuthorityName, KeyPair> = {
    ca: await authority(directory, 'ca', 'taffrail-ca', clock),
    'front-proxy-ca': await authority(directory, 'front-proxy-ca', 'taffrail-front-proxy-ca', clock),
  };
  const leaf = async (name: string, request: CertificateRequest, by: AuthorityName): Promise<KeyPair> => {
    const held = read(directory, name);
    if (held && usable(held, request, authorities[by], clock.nowMs())) return held;
    const nowMs = clock.nowMs();
    const validity = { notBeforeMs: nowMs - backdateMs, notAfterMs: nowMs + leafLifetimeMs };
    return write(directory, name, await issue(request, validity, authorities[by]));
  };
  return {
    ca: authorities.ca.certificate,
    frontProxyCa: authorities['front-proxy-ca'].certificate,
    server: (name, hosts, subject) =>
      leaf(name, { use: 'server', name: subject?.user ?? name, groups: subject?.groups ?? [], hosts }, 'ca'),
    signingKey: (name) => signingKey(join(directory, `${name}.key`)),
    client: (user, groups, by = 'ca') => leaf(fileNameOf(user, groups, by), { use: 'client', name: user, groups }, by),
  };
}

/**
 * A server's certificate that nobody else has signed, kept in the directory as `<name>.crt` and `<name>.key`; issued anew when
 * it is missing, near its end, or for other hosts.
 */
export async function selfSignedServer(
  directory: string,
  name: string,
  hosts: readonly string[],
  clock: Clock,
): Promise<KeyPair> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const request: CertificateRequest = { use: 'server', name, hosts };
  const held = read(directory, name);
  if (held && usable(held, request, held, clock.nowMs())) return held;
  const nowMs = clock.nowMs();
  const validity = { notBeforeMs: nowMs - backdateMs, notAfterMs: nowMs + leafLifetimeMs };
  return write(directory, name, await issue(request, validity, undefined));
}

async function authority(directory: string, name: AuthorityName, subject: string, clock: Clock): Promise<KeyPair> {
  const nowMs = clock.nowMs();
  const held = read(directory, name);
  if (!held && existsSync(join(directory, `${name}.key`)))
    throw new Fault('corrupt', `${join(directory, name)}.crt and .key cannot be read or do not belong together`, {
      hint: 'restore them, or remove both to begin with a new authority (old kubeconfigs stop working)',
    });
  if (held && new X509Certificate(held.certificate).validToDate.getTime() - nowMs > authorityRenewalMs) return held;
  const validity = { notBeforeMs: nowMs - backdateMs, notAfterMs: nowMs + authorityLifetimeMs };
  return write(directory, name, await issue({ use: 'authority', name: subject }, validity, undefined));
}

function usable(held: KeyPair, request: CertificateRequest, by: KeyPair, nowMs: number): boolean {
  const certificate = new X509Certificate(held.certificate);
  if (certificate.validToDate.getTime() - nowMs < leafRenewalMs) return false;
  if (!certificate.verify(new X509Certificate(by.certificate).publicKey)) return false;
  if (request.use !== 'server') return true;
  return request.hosts.every((host) => (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)));
}

function signingKey(path: string): KeyObject {
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileDurably(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  }
  try {
    return createPrivateKey(readFileSync(path));
  } catch (error) {
    const hint = 'restore it, or remove it to begin with a new one (what the old one has signed is then not believed)';
    throw new Fault('corrupt', `${path} cannot be read`, { cause: error, hint });
  }
}

/** Undefined when either file is missing or broken, or the key is another certificate's. */
function read(directory: string, name: string): KeyPair | undefined {
  try {
    const certificate = readFileSync(join(directory, `${name}.crt`), 'utf8');
    const key = readFileSync(join(directory, `${name}.key`), 'utf8');
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return undefined;
    chmodSync(join(directory, `${name}.key`), 0o600);
    return { certificate, key };
  } catch {
    return undefined;
  }
}

function write(directory: string, name: string, pair: KeyPair): KeyPair {
  writeFileDurably(join(directory, `${name}.key`), pair.key, 0o600);
  writeFileDurably(join(directory, `${name}.crt`), pair.certificate);
  return pair;
}

/** The readable part serves people; the hash tells apart users and groups that look alike in it. */
function fileNameOf(user: string, groups: readonly string[], by: AuthorityName): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([by, user, groups]))
    .digest('hex')
    .slice(0, 10);
  return `client-${user.replace(/[^a-zA-Z0-9]+/g, '-').slice(0, 60)}-${hash}`;
}
