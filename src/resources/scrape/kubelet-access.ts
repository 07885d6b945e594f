import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { Fault } from '../../base/fault.ts';
import type { ClusterAccess } from '../../kubernetes/client/client.ts';
import { RereadingFile } from '../../kubernetes/client/rereading-file.ts';
import type { TlsUse } from './kubelet-connection.ts';
import type { ScrapeSettings } from './settings.ts';

/** How kubelets are asked in one round. */
export interface KubeletAccess {
  tls: TlsUse | undefined;
  /** Undefined: nothing is said of who is asking. */
  authorization: string | undefined;
}

/**
 * Credentials for the kubelets: what the API server is asked with, unless flags name something else.
 * Invariant: `#tls` carries exactly the material of `#material`; when a file changes, it is another object.
 */
export class KubeletCredentials {
  readonly #access: ClusterAccess;
  readonly #settings: ScrapeSettings;
  readonly #ca: RereadingFile | undefined;
  readonly #certificate: RereadingFile | undefined;
  readonly #key: RereadingFile | undefined;
  #tls: TlsUse | undefined;
  #material = '';

  /** Throws Fault `usage` where a file cannot be read or holds no certificate: who names a wrong one hears it at once. */
  constructor(access: ClusterAccess, settings: ScrapeSettings) {
    const { certificateAuthorityFile, clientCertificateFile, clientKeyFile } = settings;
    this.#access = access;
    this.#settings = settings;
    this.#ca = fileOf(certificateAuthorityFile, '--kubelet-certificate-authority');
    this.#certificate = fileOf(clientCertificateFile, '--kubelet-client-certificate');
    this.#key = fileOf(clientKeyFile, '--kubelet-client-key');
    if (!settings.completelyInsecure) this.#tlsNow();
  }

  /** Once a round. Throws Fault `usage` where a file cannot be read, holds no certificate, or a token is none. */
  async now(): Promise<KubeletAccess> {
    if (this.#settings.completelyInsecure) return { tls: undefined, authorization: undefined };
    const token = await this.#access.token?.();
    if (token && !/^[\x21-\x7e]+$/.test(token)) {
      throw new Fault('usage', 'the token for the kubelets holds characters that no token has');
    }
    return { tls: this.#tlsNow(), authorization: token ? `Bearer ${token}` : undefined };
  }

  #tlsNow(): TlsUse {
    const ca = this.#settings.insecureTls ? undefined : (this.#ca?.read() ?? this.#access.ca);
    const cert = this.#certificate?.read() ?? this.#access.clientCertificate;
    const key = this.#key?.read() ?? this.#access.clientKey;
    const material = JSON.stringify([ca, cert, key]);
    if (this.#tls && material === this.#material) return this.#tls;
    try {
      // OpenSSL takes an authority that is none in silence.
      if (ca !== undefined) new X509Certificate(ca);
      // One context for all kubelets: each connection would make its own of `ca`.
      const context = createSecureContext({
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined || key === undefined ? {} : { cert, key }),
      });
      this.#tls = { context, rejectUnauthorized: !this.#settings.insecureTls };
    } catch (cause) {
      const message = 'the authority, client certificate or key for the kubelets cannot be read';
      throw new Fault('usage', message, { cause, hint: 'they are PEM, and the key belongs to the certificate' });
    }
    this.#material = material;
    return this.#tls;
  }
}

function fileOf(path: string | undefined, flag: string): RereadingFile | undefined {
  return path === undefined ? undefined : new RereadingFile(path, flag);
}
