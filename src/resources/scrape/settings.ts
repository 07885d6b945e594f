import { Fault } from '../../base/fault.ts';

/** Named as the flags of metrics-server are; see its documentation for what they mean to a cluster. */
export interface ScrapeSettings {
  /** `--metric-resolution` */
  resolutionMs: number;
  /** `--kubelet-request-timeout`: for a whole request, its body included, however slowly that drips. */
  requestTimeoutMs: number;
  /** `--kubelet-preferred-address-types`, the best first. */
  addressTypes: readonly string[];
  /** `--kubelet-port` */
  kubeletPort: number;
  /** `--kubelet-use-node-status-port`: goes before `kubeletPort` where the node's status has one. */
  useNodeStatusPort: boolean;
  /** `--node-selector`: label selector. */
  nodeSelector: string;
  /** `--kubelet-insecure-tls` */
  insecureTls: boolean;
  /** `--deprecated-kubelet-completely-insecure`: plain HTTP, without credentials. */
  completelyInsecure: boolean;
  /** `--kubelet-certificate-authority`; without it the authority of the API server. Read again when it changes, as the next two. */
  certificateAuthorityFile?: string | undefined;
  /** `--kubelet-client-certificate` */
  clientCertificateFile?: string | undefined;
  /** `--kubelet-client-key` */
  clientKeyFile?: string | undefined;
  /** One page as it is after unpacking. */
  pageBytesMax: number;
  /** Bodies that are under way, of all nodes together; a page that would go beyond it is refused. */
  bodiesBytesMax: number;
  /** How much of the resolution the requests of a round are spread over. */
  spreadShare: number;
}

/** Kubelets refresh no faster. */
const resolutionMsMin = 10_000;
const sandboxResolutionMsMin = 1000;
const timeoutShare = 0.9;

const defaults: Omit<ScrapeSettings, 'requestTimeoutMs'> = {
  resolutionMs: 15_000,
  addressTypes: ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'],
  kubeletPort: 10_250,
  useNodeStatusPort: false,
  nodeSelector: '',
  insecureTls: false,
  completelyInsecure: false,
  pageBytesMax: 16 * 1024 * 1024,
  bodiesBytesMax: 64 * 1024 * 1024,
  spreadShare: 0.24,
};

/** `sandbox` allows a resolution down to one second. Throws Fault `usage` that names the flag. */
export function scrapeSettings(given: Partial<ScrapeSettings> = {}, sandbox = false): ScrapeSettings {
  const { resolutionMs = defaults.resolutionMs } = given;
  const settings = { ...defaults, requestTimeoutMs: resolutionMs * timeoutShare, ...given };
  const leastMs = sandbox ? sandboxResolutionMsMin : resolutionMsMin;
  if (!(resolutionMs >= leastMs))
    wrong('--metric-resolution', `is ${resolutionMs / 1000}s; at least ${leastMs / 1000}s`);
  if (!(settings.requestTimeoutMs > 0 && settings.requestTimeoutMs <= resolutionMs * timeoutShare))
    wrong('--kubelet-request-timeout', `must be above 0 and at most nine tenths of --metric-resolution`);
  if (settings.addressTypes.length === 0) wrong('--kubelet-preferred-address-types', 'names no type');
  refuseContradictions(settings);
  return settings;
}

function refuseContradictions(settings: ScrapeSettings): void {
  const ca = settings.certificateAuthorityFile !== undefined;
  const certificate = settings.clientCertificateFile !== undefined;
  const insecure = '--deprecated-kubelet-completely-insecure';
  if (certificate !== (settings.clientKeyFile !== undefined))
    wrong('--kubelet-client-certificate', 'and --kubelet-client-key go together');
  if (ca && settings.insecureTls) wrong('--kubelet-certificate-authority', 'contradicts --kubelet-insecure-tls');
  if (!settings.completelyInsecure) return;
  if (ca) wrong('--kubelet-certificate-authority', `contradicts ${insecure}`);
  if (certificate) wrong('--kubelet-client-certificate', `contradicts ${insecure}`);
  if (settings.insecureTls) wrong('--kubelet-insecure-tls', `contradicts ${insecure}`);
}

function wrong(flag: string, problem: string): never {
  throw new Fault('usage', `${flag} ${problem}`);
}
