import type { ClusterAccess } from '../../../kubernetes/client/client.ts';
import type { HttpClientConfig, Secret } from '../config/config.ts';
import { secretReader } from './secret-text.ts';

/** What a connection is made with. `key` is the same as long as all of it is. */
export interface TlsMaterial {
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  servername?: string | undefined;
  rejectUnauthorized: boolean;
}

/** Read anew for every scrape, since files and tokens change. */
export interface Credentials {
  /** Throws an Error where a file cannot be read. */
  tls(): TlsMaterial;
  /** The Authorization header, if any. */
  authorization(): Promise<string | undefined>;
}

export function credentialsOf(config: HttpClientConfig, access: ClusterAccess | undefined): Credentials {
  const { basicAuth, authorization, tls, clusterAccess } = config;
  const cluster = clusterAccess ? access : undefined;
  const ca = optional(tls.ca);
  const cert = optional(tls.cert);
  const key = optional(tls.key);
  const user = optional(basicAuth?.username);
  const password = optional(basicAuth?.password);
  const credentials = optional(authorization?.credentials);
  return {
    tls: () => ({
      ca: ca?.() ?? cluster?.ca,
      cert: cert?.() ?? cluster?.clientCertificate,
      key: key?.() ?? cluster?.clientKey,
      servername: tls.serverName,
      rejectUnauthorized: !tls.insecureSkipVerify,
    }),
    async authorization() {
      if (user) return `Basic ${Buffer.from(`${user().trim()}:${password?.().trim() ?? ''}`).toString('base64')}`;
      if (credentials) return `${authorization!.type} ${credentials().trim()}`;
      const token = await cluster?.token?.();
      return token ? `Bearer ${token}` : undefined;
    },
  };
}

function optional(secret: Secret | undefined): (() => string) | undefined {
  return secret && secretReader(secret);
}
