import { createPrivateKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type { JsonName } from '@peculiar/x509';

/** A certificate with its key, both PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** What a certificate is for. `hosts` are names or addresses; `groups` become the subject's organisations. */
export type CertificateRequest =
  | { use: 'authority'; name: string }
  | { use: 'server'; name: string; groups?: readonly string[]; hosts: readonly string[] }
  | { use: 'client'; name: string; groups: readonly string[] };

export interface Validity {
  notBeforeMs: number;
  notAfterMs: number;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/**
 * Makes a key and a certificate for it, signed by `authority`, or by itself where there is none.
 * The library is loaded here and nowhere else: most starts find what they need on disk.
 */
export async function issue(
  request: CertificateRequest,
  validity: Validity,
  authority: KeyPair | undefined,
): Promise<KeyPair> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const issuer = authority ? new x509.X509Certificate(authority.certificate) : undefined;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex'),
    subject: subjectOf(request),
    issuer: issuer ? issuer.subjectName : subjectOf(request),
    notBefore: new Date(validity.notBeforeMs),
    notAfter: new Date(validity.notAfterMs),
    publicKey: keys.publicKey,
    signingKey: authority ? await importKey(authority.key) : keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      ...extensionsOf(x509, request),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer ? issuer.publicKey : keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
}

function subjectOf(request: CertificateRequest): JsonName {
  const groups = request.use === 'authority' ? [] : (request.groups ?? []);
  return [...groups.map((group) => ({ O: [group] })), { CN: [request.name] }];
}

function extensionsOf(x509: typeof import('@peculiar/x509'), request: CertificateRequest) {
  const { digitalSignature, keyEncipherment, keyCertSign, cRLSign } = x509.KeyUsageFlags;
  if (request.use === 'authority') {
    return [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(digitalSignature | keyEncipherment | keyCertSign | cRLSign, true),
    ];
  }
  const purpose = request.use === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const extensions = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(digitalSignature | keyEncipherment, true),
    new x509.ExtendedKeyUsageExtension([purpose]),
  ];
  if (request.use === 'client') return extensions;
  const names = request.hosts.map((host) => ({ type: isIP(host) ? ('ip' as const) : ('dns' as const), value: host }));
  return [...extensions, new x509.SubjectAlternativeNameExtension(names)];
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', new Uint8Array(der), algorithm, false, ['sign']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
}
