import type { Clock } from '../../base/clock.ts';
import type { KubeObject, KubernetesClient } from '../../kubernetes/client/client.ts';
import { isApiError } from '../../kubernetes/client/status.ts';
import type { ClusterOptions } from '../cluster-access.ts';
import { type Answer, ask } from './handshake.ts';

export const apiServiceName = 'v1beta1.metrics.k8s.io';
const defaultService = { namespace: 'kube-system', name: 'metrics-server', port: 443 };

export interface ServiceReference {
  namespace: string;
  name: string;
  port: number;
}

export interface Right {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
}

/** What checks share. Each object is asked for once, whoever wants it first. */
export class Examination {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly requestTimeoutMs: number;
  /** What the first check found of the API server. */
  isSandbox = false;
  apiServerSkewMs = 0;
  readonly #flags: ClusterOptions;
  #mayReadKubelets: Promise<boolean> | undefined;
  readonly #read = new Map<string, Promise<KubeObject | undefined>>();

  constructor(client: KubernetesClient, clock: Clock, requestTimeoutMs: number, flags: ClusterOptions) {
    this.client = client;
    this.clock = clock;
    this.requestTimeoutMs = requestTimeoutMs;
    this.#flags = flags;
  }

  /** Undefined: there is none. */
  get(path: string): Promise<KubeObject | undefined> {
    const known = this.#read.get(path);
    if (known) return known;
    const reading = this.client.request(path, { timeoutMs: this.requestTimeoutMs }).catch((error: unknown) => {
      if (isApiError(error, 404)) return undefined;
      throw error;
    });
    this.#read.set(path, reading);
    return reading;
  }

  post(path: string, body: object): Promise<KubeObject> {
    return this.client.request(path, { method: 'POST', body, timeoutMs: this.requestTimeoutMs });
  }

  /** On a connection of its own, with head and bytes as they come. */
  async ask(path: string, accept = '*/*'): Promise<Answer> {
    const { access } = this.client;
    const { ca, clientCertificate: cert, clientKey: key, insecureSkipTlsVerify: insecure } = access;
    const token = await access.token?.();
    const url = new URL(`${access.server}${path}`);
    const own = { url, accept, token, serverName: access.tlsServerName, timeoutMs: this.requestTimeoutMs };
    return ask({ ...own, ca, cert, key, insecure });
  }

  /** Whether the caller may, by the API server's own word. */
  async may(resourceAttributes: Right): Promise<boolean> {
    const review = await this.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    });
    return review.status?.allowed === true;
  }

  mayReadKubelets(): Promise<boolean> {
    this.#mayReadKubelets ??= this.may({ verb: 'get', group: '', resource: 'nodes', subresource: 'metrics' });
    return this.#mayReadKubelets;
  }

  apiService(): Promise<KubeObject | undefined> {
    return this.get(`/apis/apiregistration.k8s.io/v1/apiservices/${apiServiceName}`);
  }

  async service(): Promise<ServiceReference> {
    return { ...defaultService, ...(await this.apiService())?.spec?.service };
  }

  /** How far a server's clock is ahead of ours, by its Date, which says seconds: to be believed within half of one. */
  skewMs({ headers, tookMs }: Pick<Answer, 'headers' | 'tookMs'>): number | undefined {
    const dateMs = Date.parse(headers.date ?? '');
    return Number.isNaN(dateMs) ? undefined : dateMs + 500 + tookMs / 2 - this.clock.nowMs();
  }

  kubectl(args: string): string {
    const { kubeconfig, context, dataDir } = this.#flags;
    const file = kubeconfig ?? (dataDir === undefined ? undefined : `${dataDir}/kubeconfig`);
    const flags = [file && `--kubeconfig ${file}`, context && `--context ${context}`].filter(Boolean);
    return ['kubectl', ...flags, args].join(' ');
  }

  /** Brings back what deploy/metrics.yaml holds. In the sandbox there is no image: `taffrail up` is the server itself. */
  manifest(): string {
    return this.isSandbox ? 'stop "taffrail up" and start it again' : this.kubectl('apply -f deploy/metrics.yaml');
  }
}
