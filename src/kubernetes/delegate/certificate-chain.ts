import { X509Certificate } from 'node:crypto';
import { Fault, messageOf } from '../../base/fault.ts';
import { subjectOf, type UserInfo } from '../serve/serve.ts';

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

/** When a certificate is valid, as numbers: reading its dates costs more than looking at them. */
interface Validity {
  fromMs: number;
  toMs: number;
}

/**
 * The certificate of one connection, which stays the same while it is open: signatures are checked and names read once, dates looked at with
 * every request.
 * Node does not show a server what else a client sent along, so an intermediate authority counts only where the bundle
 * names it, together with its root.
 */
export class PeerCertificate {
  readonly certificate: X509Certificate;
  readonly commonName: string;
  /** Whom it names; undefined: nobody. Whether that is to be believed is another question. */
  readonly user: UserInfo | undefined;
  readonly #validity: Validity;
  readonly #isForClients: boolean;
  readonly #issuers = new WeakMap<readonly X509Certificate[], Validity[]>();

  constructor(certificate: X509Certificate) {
    this.certificate = certificate;
    const { commonName, organizations } = subjectOf(certificate);
    this.commonName = commonName;
    this.user = commonName === '' ? undefined : userOf(certificate, commonName, organizations);
    this.#validity = validityOf(certificate);
    this.#isForClients = isForClients(certificate);
  }

  /**
   * Whether it was issued by one of these authorities, is meant for clients, and is valid now. To be asked only of what TLS has
   * verified, which knows one pool of authorities and does not say which of them it was: here it is found out.
   */
  isIssuedBy(authorities: readonly X509Certificate[], nowMs: number): boolean {
    if (!this.#isForClients || !isCurrent(this.#validity, nowMs)) return false;
    let issuers = this.#issuers.get(authorities);
    if (!issuers) {
      issuers = authorities.filter((authority) => hasIssued(authority, this.certificate)).map(validityOf);
      this.#issuers.set(authorities, issuers);
    }
    return issuers.some((issuer) => isCurrent(issuer, nowMs));
  }
}

function userOf({ fingerprint256 }: X509Certificate, name: string, groups: readonly string[]): UserInfo {
  const id = `X509SHA256=${fingerprint256.replaceAll(':', '').toLowerCase()}`;
  return { name, groups, extra: { 'authentication.kubernetes.io/credential-id': [id] } };
}

function hasIssued(issuer: X509Certificate, subject: X509Certificate): boolean {
  return issuer.ca && subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function validityOf({ validFromDate, validToDate }: X509Certificate): Validity {
  return { fromMs: validFromDate.getTime(), toMs: validToDate.getTime() };
}

function isCurrent({ fromMs, toMs }: Validity, nowMs: number): boolean {
  return fromMs <= nowMs && nowMs <= toMs;
}

/** Without a word on its purposes it is for all. */
function isForClients({ keyUsage }: X509Certificate): boolean {
  const purposes = keyUsage as readonly string[] | undefined;
  return purposes === undefined || purposes.length === 0 || purposes.some((purpose) => clientPurposes.has(purpose));
}
