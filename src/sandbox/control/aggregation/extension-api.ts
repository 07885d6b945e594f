import { messageOf } from '../../../base/fault.ts';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import {
  type Answer,
  type ApiRequest,
  type ApiVersion,
  attributesOf,
  type RemoteVersion,
  type ResourceInfo,
} from '../../../kubernetes/serve/serve.ts';
import { conditionOf } from '../conditions.ts';
import { type ConnectionOptions, ExtensionConnection } from './extension-connection.ts';
import { boundedBody, parseResourceList } from './extension-discovery.ts';
import { proxied, unavailableText } from './proxy.ts';
import { remoteUserHeaders } from './remote-user.ts';
import { type Address, type Resolved, resolveService, type ServiceReference } from './resolve.ts';

export interface ExtensionOptions {
  store: Parameters<typeof resolveService>[0];
  client: ConnectionOptions['client'];
  requestTimeoutMs: number;
  onRequest(apiService: string, outcome: 'passed on' | 'unavailable'): void;
  /** A number in [0, below): which of several addresses is taken. */
  randomBelow(below: number): number;
}

/** The aggregator's own name when it asks on its own account. */
const aggregator = { name: 'system:kube-aggregator', groups: ['system:masters'] };
const discoveryTimeoutMsMax = 5000;
const documentBytesMax = 8 * 1024 * 1024;
/** Other requests end by themselves or with their client. */
const longRunning = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/**
 * A group and version that an extension server answers for. What it knows of that server's discovery is the last that it
 * heard; everything else is asked anew each time.
 */
export class ExtensionApi implements ApiVersion {
  readonly group: string;
  readonly version: string;
  readonly name: string;
  readonly remote: RemoteVersion;
  readonly #options: ExtensionOptions;
  #apiService: KubeObject;
  #connection: ExtensionConnection;
  #resources: readonly ResourceInfo[] = [];
  #openApi: { body: Buffer; etag: string } | undefined;
  #fresh = false;

  constructor(apiService: KubeObject, options: ExtensionOptions) {
    this.#apiService = apiService;
    this.#options = options;
    this.group = apiService.spec.group ?? '';
    this.version = apiService.spec.version;
    this.name = apiService.metadata.name;
    this.#connection = new ExtensionConnection(connectionOf(apiService, options.client, this.serviceReference));
    this.remote = {
      freshness: () => (this.#fresh && this.available ? 'Current' : 'Stale'),
      openApiV3: () => (this.available ? this.#openApi : undefined),
    };
  }

  get apiService(): KubeObject {
    return this.#apiService;
  }

  get available(): boolean {
    return conditionOf(this.#apiService.status?.conditions, 'Available')?.status === 'True';
  }

  get serviceReference(): ServiceReference {
    const { namespace, name, port = 443 } = this.#apiService.spec.service;
    return { namespace, name, port };
  }

  resources(): readonly ResourceInfo[] {
    return this.#resources;
  }

  /** Takes a new state of the same APIService; says whether its server may be another one now. */
  update(apiService: KubeObject): boolean {
    const before = this.#apiService;
    this.#apiService = apiService;
    if (JSON.stringify(before.spec) === JSON.stringify(apiService.spec)) return false;
    this.#connection.close();
    this.#connection = new ExtensionConnection(connectionOf(apiService, this.#options.client, this.serviceReference));
    return true;
  }

  async handle(request: ApiRequest): Promise<Answer> {
    const timeoutMs = await this.#admit(request);
    const resolved = this.available ? this.resolve() : undefined;
    const reachable = resolved !== undefined && 'addresses' in resolved;
    this.#options.onRequest(this.name, reachable ? 'passed on' : 'unavailable');
    if (!reachable) return unavailableText();
    return proxied(request, this.#connection, this.pick(resolved.addresses), timeoutMs);
  }

  /** Throws 403 or 429; gives the time that the request may take. The path of discovery has been authorized before. */
  async #admit(request: ApiRequest): Promise<number | undefined> {
    if (request.rest.length === 0) return this.#discoveryTimeoutMs;
    const attributes = attributesOf(request, this);
    await request.authorize(attributes);
    if (attributes.verb !== 'watch' && !longRunning.has(attributes.subresource)) return this.#options.requestTimeoutMs;
    request.becomeLongRunning();
    return undefined;
  }

  resolve(): Resolved {
    return resolveService(this.#options.store, this.serviceReference);
  }

  pick(addresses: readonly Address[]): Address {
    return addresses[this.#options.randomBelow(addresses.length)]!;
  }

  /** Asks for discovery whatever certificate there is, since that alone is to be known. Throws when it is not answered well. */
  async probe(address: Address, signal: AbortSignal): Promise<void> {
    const trusting = { serverName: '', ca: undefined, insecure: true, client: this.#options.client };
    const connection = new ExtensionConnection(trusting);
    const url = `https://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}${this.#path}`;
    try {
      const answer = await connection.ask(address, this.#asked(this.#path, signal));
      answer.destroy();
      const code = answer.statusCode ?? 0;
      if (code < 200 || code > 299) throw new Error(`bad status from ${url}: ${code}`);
    } catch (error) {
      throw new Error(`failing or missing response from ${url}: ${messageOf(error)}`);
    } finally {
      connection.close();
    }
  }

  /** Reads discovery and OpenAPI over a connection that is checked as those of clients are. */
  async learn(address: Address, signal: AbortSignal): Promise<void> {
    try {
      const list = await this.#document(address, this.#path, signal);
      this.#resources = parseResourceList(list, this);
      this.#fresh = true;
    } catch (error) {
      this.#fresh = false;
      throw error;
    }
    this.#openApi = await this.#openApiPage(address, signal).catch(() => undefined);
  }

  /** What was known may be wrong now. */
  forget(): void {
    this.#fresh = false;
  }

  close(): void {
    this.#connection.close();
  }

  /** Cheap for every server, and everybody waits for it: shorter than others. */
  get #discoveryTimeoutMs(): number {
    return Math.min(this.#options.requestTimeoutMs, discoveryTimeoutMsMax);
  }

  get #path(): string {
    return `/apis/${this.group}/${this.version}`;
  }

  #asked(path: string, signal: AbortSignal) {
    const headers = { accept: 'application/json', ...remoteUserHeaders(aggregator) };
    return {
      method: 'GET',
      path,
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(this.#discoveryTimeoutMs)]),
    };
  }

  async #document(address: Address, path: string, signal: AbortSignal): Promise<Buffer> {
    const answer = await this.#connection.ask(address, this.#asked(path, signal));
    if (answer.statusCode === 200) return boundedBody(answer, documentBytesMax);
    answer.destroy();
    throw new Error(`bad status from ${path}: ${answer.statusCode}`);
  }

  async #openApiPage(address: Address, signal: AbortSignal): Promise<{ body: Buffer; etag: string } | undefined> {
    const index = JSON.parse(String(await this.#document(address, '/openapi/v3', signal)));
    const place = index.paths?.[this.#path.slice(1)]?.serverRelativeURL;
    if (typeof place !== 'string' || !place.startsWith('/openapi/v3/')) return undefined;
    const body = await this.#document(address, place, signal);
    const hash = /[?&]hash=([0-9A-Fa-f]{1,128})$/.exec(place)?.[1];
    JSON.parse(body.toString('utf8'));
    return { body, etag: `"${hash ?? String(body.length)}"` };
  }
}

function connectionOf(
  { spec }: KubeObject,
  client: ConnectionOptions['client'],
  { name, namespace }: ServiceReference,
): ConnectionOptions {
  return {
    serverName: `${name}.${namespace}.svc`,
    ca: spec.caBundle ? Buffer.from(spec.caBundle, 'base64').toString('utf8') : undefined,
    insecure: spec.insecureSkipTLSVerify === true,
    client,
  };
}
