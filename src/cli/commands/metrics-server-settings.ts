import { Fault, messageOf } from '../../base/fault.ts';
import type { ClusterAccess } from '../../kubernetes/client/client.ts';
import { inClusterAccess } from '../../kubernetes/client/in-cluster.ts';
import { parseLabelSelector } from '../../kubernetes/selector/selector.ts';
import type { MetricsServerSettings } from '../../processes/metrics-server.ts';
import { scrapeSettings } from '../../resources/scrape/scrape.ts';
import { ineffectiveFlags, type MetricsServerFlags } from './metrics-server-flags.ts';

const requestTimeoutMs = 10_000;
/** Of the resolution, for a kubelet to answer in. */
const timeoutShare = 0.9;

/** Throws Fault `usage` that names the flag. */
export async function metricsServerSettings(flags: MetricsServerFlags): Promise<MetricsServerSettings> {
  const { kubeconfig, authenticationKubeconfig, authorizationKubeconfig } = flags;
  return {
    host: flags.bindAddress,
    port: flags.securePort,
    certificate: certificateOf(flags),
    access: await accessOf(kubeconfig),
    ...(authenticationKubeconfig && { authenticationAccess: await accessOf(authenticationKubeconfig) }),
    ...(authorizationKubeconfig && { authorizationAccess: await accessOf(authorizationKubeconfig) }),
    scrape: scrapeOf(flags),
    delegation: delegationOf(flags),
    tls: tlsOf(flags),
  };
}

/** What is set and does nothing here, as the reader typed it. */
export function ineffectiveOf(flags: MetricsServerFlags): string[] {
  const named = ineffectiveFlags.map((each) => each.split(' ')[0]!);
  return named.filter((name) => flags[camelCase(name)] !== undefined).map((name) => `--${name}`);
}

const camelCase = (name: string) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Reading kubeconfigs takes a parser of YAML, which a pod does not need. */
async function accessOf(kubeconfig: string | undefined): Promise<ClusterAccess> {
  if (kubeconfig === undefined) return inClusterAccess();
  const { loadKubeconfig } = await import('../../kubernetes/client/kubeconfig.ts');
  return loadKubeconfig(kubeconfig);
}

function certificateOf(flags: MetricsServerFlags): MetricsServerSettings['certificate'] {
  const { tlsCertFile: certFile, tlsPrivateKeyFile: keyFile, certDir: directory } = flags;
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  if (certFile !== undefined || keyFile !== undefined)
    throw new Fault('usage', '--tls-cert-file and --tls-private-key-file go together');
  return { directory, hosts: ['localhost', '127.0.0.1'] };
}

function scrapeOf(flags: MetricsServerFlags): MetricsServerSettings['scrape'] {
  const { metricResolution: resolutionMs, nodeSelector = '' } = flags;
  return scrapeSettings({
    resolutionMs,
    nodeSelector: selectorOf(nodeSelector),
    requestTimeoutMs: flags.kubeletRequestTimeout ?? Math.min(requestTimeoutMs, resolutionMs * timeoutShare),
    addressTypes: flags.kubeletPreferredAddressTypes,
    kubeletPort: flags.kubeletPort,
    useNodeStatusPort: flags.kubeletUseNodeStatusPort ?? false,
    insecureTls: flags.kubeletInsecureTls ?? false,
    completelyInsecure: flags.deprecatedKubeletCompletelyInsecure ?? false,
    certificateAuthorityFile: flags.kubeletCertificateAuthority,
    clientCertificateFile: flags.kubeletClientCertificate,
    clientKeyFile: flags.kubeletClientKey,
  });
}

function selectorOf(text: string): string {
  try {
    parseLabelSelector(text.trim());
    return text.trim();
  } catch (error) {
    throw new Fault('usage', `--node-selector ${JSON.stringify(text)}: ${messageOf(error)}`);
  }
}

function delegationOf(flags: MetricsServerFlags): NonNullable<MetricsServerSettings['delegation']> {
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
  return {
    clientCaFile: flags.clientCaFile,
    requestHeader: {
      clientCaFile: flags.requestheaderClientCaFile,
      allowedNames: flags.requestheaderAllowedNames,
      usernameHeaders: lower(flags.requestheaderUsernameHeaders),
      uidHeaders: lower(flags.requestheaderUidHeaders),
      groupHeaders: lower(flags.requestheaderGroupHeaders),
      extraHeadersPrefix: lower(flags.requestheaderExtraHeadersPrefix),
    },
    skipLookup: flags.authenticationSkipLookup ?? false,
    tolerateLookupFailure: flags.authenticationTolerateLookupFailure ?? false,
    tokenTtlMs: flags.authenticationTokenWebhookCacheTtl,
    allowedTtlMs: flags.authorizationWebhookCacheAuthorizedTtl,
    deniedTtlMs: flags.authorizationWebhookCacheUnauthorizedTtl,
    alwaysAllowPaths: flags.authorizationAlwaysAllowPaths,
  };
}

const minVersions = { VersionTLS12: 'TLSv1.2', VersionTLS13: 'TLSv1.3' } as const;
/** They cannot be chosen among, in Go as here. */
const tls13Suites = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';
/** OpenSSL's names; those that Go calls insecure are not offered. */
const suites: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
};

function tlsOf({ tlsMinVersion, tlsCipherSuites = [] }: MetricsServerFlags): NonNullable<MetricsServerSettings['tls']> {
  const minVersion = minVersions[(tlsMinVersion ?? 'VersionTLS12') as keyof typeof minVersions];
  if (!minVersion)
    throw new Fault(
      'usage',
      `--tls-min-version ${tlsMinVersion}: must be one of ${Object.keys(minVersions).join(', ')}`,
    );
  const chosen = tlsCipherSuites
    .filter((name) => !tls13Suites.split(':').includes(name))
    .map((name) => suites[name] ?? refuseSuite(name));
  return { minVersion, ...(chosen.length > 0 && { ciphers: [tls13Suites, ...chosen].join(':') }) };
}

function refuseSuite(name: string): never {
  throw new Fault('usage', `--tls-cipher-suites ${name}: is not offered; there are ${Object.keys(suites).join(', ')}`);
}
