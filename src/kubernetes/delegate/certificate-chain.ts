import { X509Certificate } from 'node:crypto';
import { Fault, messageOf } from '../../base/fault.ts';

const clientPurposes: ReadonlySet<string> = new Set(['1.3.6.1.5.5.7.3.2', '2.5.29.37.0']);
const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates of a bundle in PEM. Throws Fault `usage` where there is none, or one that cannot be read. */
export function readBundle(pem: string, where: string): X509Certificate[] {
  const texts = pem.match(block) ?? [];
  if (texts.length === 0) throw new Fault('usage', `${where} holds no certificate in PEM`);
  try {
    return texts.map((text) => new X509Certificate(text));
  } catch (error) {
    throw new Fault('usage', `${where} holds a certificate that cannot be read: ${messageOf(error)}`);
  }
}

/**
 * Whether a client's certificate was issued by one of these authorities, is meant for clients, and is valid now. To be asked only
 * of what TLS has verified, which knows one pool of authorities and does not say which of them it was: here it is found out.
 * Node does not show a server what else a client sent along, so an intermediate authority counts only where the bundle
 * names it, together with its root.
 */
export function isIssuedBy(leaf: X509Certificate, authorities: readonly X509Certificate[], nowMs: number): boolean {
  if (!isCurrent(leaf, nowMs) || !isForClients(leaf)) return false;
  return authorities.some((authority) => isCurrent(authority, nowMs) && hasIssued(authority, leaf));
}

function hasIssued(issuer: X509Certificate, subject: X509Certificate): boolean {
  return issuer.ca && subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function isCurrent({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  return validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime();
}

/** Without a word on its purposes it is for all. */
function isForClients({ keyUsage }: X509Certificate): boolean {
  const purposes = keyUsage as readonly string[] | undefined;
  return purposes === undefined || purposes.length === 0 || purposes.some((purpose) => clientPurposes.has(purpose));
}
