import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { ClusterAccess } from '../../kubernetes/client/client.ts';
import { RereadingFile } from '../../kubernetes/client/rereading-file.ts';
import type { ScrapeSettings } from './settings.ts';

/** How kubelets are asked in one round. */
export interface KubeletAccess {
  protocol: 'http:' | 'https:';
  agent: HttpAgent;
  /** Undefined: nothing is said of who is asking. */
  authorization: string | undefined;
}

/** A connection that nobody used for so long is closed; longer than a round, or each would begin with a handshake. */
const idleRoundsMax = 3;
/** Over all nodes. */
const connectionsMax = 10_000;

/**
 * Credentials and connections for the kubelets: what the API server is asked with, unless flags name something else.
 * Invariant: `#agent` carries exactly the material of `#material`; when a file changes, new connections are made.
 */
export class KubeletCredentials {
  readonly #access: ClusterAccess;
  readonly #settings: ScrapeSettings;
  readonly #ca: RereadingFile | undefined;
  readonly #certificate: RereadingFile | undefined;
  readonly #key: RereadingFile | undefined;
  #agent: HttpAgent | undefined;
  #material = '';

  constructor(access: ClusterAccess, settings: ScrapeSettings) {
    const { certificateAuthorityFile, clientCertificateFile, clientKeyFile } = settings;
    this.#access = access;
    this.#settings = settings;
    this.#ca = fileOf(certificateAuthorityFile, '--kubelet-certificate-authority');
    this.#certificate = fileOf(clientCertificateFile, '--kubelet-client-certificate');
    this.#key = fileOf(clientKeyFile, '--kubelet-client-key');
  }

  /** Once a round. Throws Fault `usage` where a file cannot be read. */
  async now(): Promise<KubeletAccess> {
    if (this.#settings.completelyInsecure) {
      this.#agent ??= new HttpAgent(this.#agentOptions());
      return { protocol: 'http:', agent: this.#agent, authorization: undefined };
    }
    const token = await this.#access.token?.();
    return {
      protocol: 'https:',
      agent: this.#secureAgent(),
      authorization: token ? `Bearer ${token}` : undefined,
    };
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
    this.#material = '';
  }

  #secureAgent(): HttpAgent {
    const ca = this.#settings.insecureTls ? undefined : (this.#ca?.read() ?? this.#access.ca);
    const cert = this.#certificate?.read() ?? this.#access.clientCertificate;
    const key = this.#key?.read() ?? this.#access.clientKey;
    const material = JSON.stringify([ca, cert, key]);
    if (this.#agent && material === this.#material) return this.#agent;
    const secureContext: SecureContext = createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    });
    this.#agent?.destroy();
    const rejectUnauthorized = !this.#settings.insecureTls;
    // One context for all: it holds the certificates, and each connection would make its own of `ca`.
    this.#agent = new HttpsAgent({ ...this.#agentOptions(), secureContext, rejectUnauthorized, maxCachedSessions: 0 });
    this.#material = material;
    return this.#agent;
  }

  #agentOptions() {
    return {
      keepAlive: true,
      maxSockets: 2,
      maxFreeSockets: 1,
      maxTotalSockets: connectionsMax,
      timeout: idleRoundsMax * this.#settings.resolutionMs,
    };
  }
}

function fileOf(path: string | undefined, flag: string): RereadingFile | undefined {
  return path === undefined ? undefined : new RereadingFile(path, flag);
}
