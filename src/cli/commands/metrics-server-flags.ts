import { InvalidArgumentError, type Option } from 'commander';
import { kubeletCertificateSettings } from '../kubelet-settings.ts';
import { setting } from '../settings.ts';
import { durationMs, port } from '../values.ts';

/** What metrics-server's command line says, under the names of its flags. */
export interface MetricsServerFlags {
  metricResolution: number;
  kubeconfig?: string;
  bindAddress: string;
  securePort: number;
  certDir: string;
  tlsCertFile?: string;
  tlsPrivateKeyFile?: string;
  tlsMinVersion?: string;
  tlsCipherSuites?: string[];
  kubeletInsecureTls?: boolean;
  kubeletUseNodeStatusPort?: boolean;
  kubeletPort: number;
  kubeletPreferredAddressTypes: string[];
  kubeletCertificateAuthority?: string;
  kubeletClientKey?: string;
  kubeletClientCertificate?: string;
  kubeletRequestTimeout?: number;
  nodeSelector?: string;
  deprecatedKubeletCompletelyInsecure?: boolean;
  authenticationKubeconfig?: string;
  authenticationSkipLookup?: boolean;
  authenticationTolerateLookupFailure?: boolean;
  authenticationTokenWebhookCacheTtl: number;
  clientCaFile?: string;
  requestheaderClientCaFile?: string;
  requestheaderAllowedNames: string[];
  requestheaderUsernameHeaders: string[];
  requestheaderUidHeaders: string[];
  requestheaderGroupHeaders: string[];
  requestheaderExtraHeadersPrefix: string[];
  authorizationKubeconfig?: string;
  authorizationAlwaysAllowPaths: string[];
  authorizationWebhookCacheAuthorizedTtl: number;
  authorizationWebhookCacheUnauthorizedTtl: number;
  v: number;
  [ineffective: string]: unknown;
}

/** Taken, so that a manifest of metrics-server works as it is; said in the log to have no effect. */
export const ineffectiveFlags: readonly string[] = [
  'tls-sni-cert-key <files>',
  'disable-http2-serving [bool]',
  'http2-max-streams-per-connection <n>',
  'permit-address-sharing [bool]',
  'permit-port-sharing [bool]',
  'audit-log-path <file>',
  'audit-policy-file <file>',
  'profiling [bool]',
  'contention-profiling [bool]',
  'logging-format <format>',
  'log-flush-frequency <duration>',
  'vmodule <settings>',
];

const tenSeconds = { parse: durationMs, default: 10_000, shown: '10s' };

export function metricsServerOptions(): Option[] {
  return [...ownOptions(), ...servingOptions(), ...kubeletOptions(), ...authenticationOptions(), ...otherOptions()];
}

function ownOptions(): Option[] {
  return [
    setting('--metric-resolution <duration>', 'how often every kubelet is asked; at least 10s', {
      parse: durationMs,
      default: 15_000,
      shown: '15s',
    }),
    setting('--kubeconfig <file>', 'how to reach the API server and the kubelets (in a pod: its service account)'),
    setting('-l, --node-selector <selector>', 'labels of the nodes that are asked (default: all)'),
  ];
}

function servingOptions(): Option[] {
  return [
    setting('--bind-address <ip>', 'address to listen on; 0.0.0.0 and :: are all', { default: '0.0.0.0' }),
    setting('--secure-port <port>', 'port to serve HTTPS on; 0 takes any free one', { parse: port, default: 443 }),
    setting('--cert-dir <directory>', 'where a certificate that we sign ourselves is kept', {
      default: 'apiserver.local.config/certificates',
    }),
    setting('--tls-cert-file <file>', 'certificate to serve with, in PEM; read again when it changes'),
    setting('--tls-private-key-file <file>', 'its key'),
    setting('--tls-min-version <version>', 'VersionTLS12 or VersionTLS13'),
    setting('--tls-cipher-suites <names>', 'cipher suites of TLS 1.2, by their IANA names', { parse: names }),
  ];
}

function kubeletOptions(): Option[] {
  return [
    setting('--kubelet-preferred-address-types <types>', "which of a node's addresses to ask, the best first", {
      parse: names,
      default: ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'],
      shown: 'Hostname,InternalDNS,InternalIP,ExternalDNS,ExternalIP',
    }),
    setting('--kubelet-port <port>', 'port of the kubelets', { parse: port, default: 10_250 }),
    flag('--kubelet-use-node-status-port', "take the port from the node's status where it has one"),
    setting(
      '--kubelet-request-timeout <duration>',
      'how long a kubelet may take (default: 10s, or 9/10 of the resolution)',
      {
        parse: durationMs,
      },
    ),
    ...kubeletCertificateSettings(),
    flag('--kubelet-insecure-tls', 'take any certificate of a kubelet; for tests'),
    flag('--deprecated-kubelet-completely-insecure', 'ask kubelets without encryption and credentials; for tests'),
  ];
}

function authenticationOptions(): Option[] {
  return [
    setting('--authentication-kubeconfig <file>', 'where to ask who somebody is (default: as --kubeconfig)'),
    flag('--authentication-skip-lookup', 'do not look for authorities in the cluster'),
    flag('--authentication-tolerate-lookup-failure', "go on where the cluster's authorities may not be read"),
    setting('--authentication-token-webhook-cache-ttl <duration>', 'how long a token is known', tenSeconds),
    setting('--client-ca-file <file>', 'authority of client certificates (default: from the cluster)'),
    setting('--requestheader-client-ca-file <file>', 'authority of the front proxy (default: from the cluster)'),
    setting('--requestheader-allowed-names <names>', 'common names of the front proxy; any if empty', list([])),
    setting('--requestheader-username-headers <names>', 'headers for the user', list(['x-remote-user'])),
    setting('--requestheader-uid-headers <names>', "headers for the user's uid", list([])),
    setting('--requestheader-group-headers <names>', 'headers for groups', list(['x-remote-group'])),
    setting('--requestheader-extra-headers-prefix <names>', 'prefixes of headers for more', list(['x-remote-extra-'])),
    setting('--authorization-kubeconfig <file>', 'where to ask what somebody may do (default: as --kubeconfig)'),
    setting(
      '--authorization-always-allow-paths <paths>',
      'paths for everybody; a * at the end stands for the rest',
      list(['/healthz', '/readyz', '/livez']),
    ),
    setting('--authorization-webhook-cache-authorized-ttl <duration>', 'how long a yes is known', tenSeconds),
    setting('--authorization-webhook-cache-unauthorized-ttl <duration>', 'how long a no is known', tenSeconds),
  ];
}

function otherOptions(): Option[] {
  return [
    setting('-v, --v <level>', 'how much is logged; from 4 on everything', { parse: level, default: 0 }),
    ...ineffectiveFlags.map((flags) => {
      const option = flags.endsWith('[bool]') ? flag(`--${flags.split(' ')[0]}`, '') : setting(`--${flags}`, '');
      return option.hideHelp();
    }),
  ];
}

/** As Go has it: by itself, or with a value after `=`. */
function flag(name: string, description: string): Option {
  return setting(`${name} [bool]`, description, { parse: bool }).preset('true');
}

function bool(text: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw new InvalidArgumentError('wants true or false.');
}

function names(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function list(held: string[]) {
  return { parse: names, default: held, shown: held.join(',') || 'none' };
}

function level(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 10) throw new InvalidArgumentError('wants a whole number from 0 to 10.');
  return value;
}
