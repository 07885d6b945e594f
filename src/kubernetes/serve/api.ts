import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { KubeObject } from '../client/client.ts';
import type { UserInfo } from './authentication.ts';
import type { DecodedBody } from './body.ts';
import type { Status } from './status.ts';

/** What discovery tells of a resource; plain data. */
export interface ResourceInfo {
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  namespaced: boolean;
  verbs: readonly string[];
  subresources: readonly SubresourceInfo[];
}

export interface SubresourceInfo {
  name: string;
  /** The kind that it takes and gives, where its group and version differ from the resource's. */
  kind: string;
  group?: string;
  version?: string;
  verbs: readonly string[];
}

/** What is asked of whom; the input of authorization. */
export interface RequestAttributes {
  verb: string;
  group: string;
  version: string;
  plural: string;
  subresource: string;
  namespace: string;
  name: string;
  /** Of a request that is for no resource, as in /apis; then the fields above are empty, but for the verb. */
  path?: string;
}

/** One request to a group and version, authenticated and within the limits. */
export interface ApiRequest {
  method: string;
  /** The decoded parts of the path after group and version. */
  rest: readonly string[];
  query: URLSearchParams;
  accept: string | undefined;
  contentType: string | undefined;
  user: UserInfo;
  /** Wall time in milliseconds since 1970. */
  nowMs(): number;
  incoming: IncomingMessage;
  /** The connection itself, where the client wants to speak something else over it; only of requests to other servers. */
  upgrade?: { socket: Duplex; head: Buffer };
  /** Aborts when the client has gone or the server stops. */
  signal: AbortSignal;
  /** Shown by kubectl as `Warning: …`. */
  warn(text: string): void;
  /** The body as it came, within bodyBytesMax. May be called once. */
  readRaw(): Promise<Buffer>;
  /** The body as an object; undefined when there is none. May be called once. */
  readObject(): Promise<DecodedBody | undefined>;
  /** Throws 403 in Kubernetes's words. */
  authorize(attributes: RequestAttributes): Promise<void>;
  /** Takes a place among the long-running requests, or throws 429. The place is given back when the answer ends. */
  becomeLongRunning(): void;
}

/** An object (rendered as the client wants it), one that is rendered, or a stream that the callee writes, headers included. */
export type Answer =
  | { code: number; object: KubeObject | Status | object; contentType?: string }
  | { code: number; body: Buffer; contentType: string }
  | { stream: (response: ServerResponse) => Promise<void> | void };

/** A path outside of the groups, as /metrics and the health endpoints are. */
export interface Page {
  /** Exactly this path; with `below` also what follows it after a slash. */
  path: string;
  below?: boolean;
  /** `path`: who may read it is asked as for any path; `open`: everybody, credentials or not; `own`: the page asks by itself. */
  access: 'path' | 'open' | 'own';
  answer(request: ApiRequest, pathname: string): Promise<Answer> | Answer;
}

/** One group and version of an API. A door of its own for APIs whose resources are not objects in a store. */
export interface ApiVersion {
  readonly group: string;
  readonly version: string;
  /** Asked at each discovery, so it may change. */
  resources(): readonly ResourceInfo[];
  handle(request: ApiRequest): Promise<Answer>;
  /** Where another server answers: `handle` is then given whatever is below the version's path, discovery and all. */
  readonly remote?: RemoteVersion;
}

export interface RemoteVersion {
  /** Stale: what was last known of a server that cannot be asked now. */
  freshness(): 'Current' | 'Stale';
  /** Its page of /openapi/v3, as last known; undefined where it has none. */
  openApiV3(): { body: Buffer; etag: string } | undefined;
}
