/**
 * The door of the thin Kubernetes client: kubeconfig or in-cluster access, plain requests, and a reflector
 * (paged list, then watch with bookmarks). The implementation is in the files beside this one.
 */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  // biome-ignore lint/suspicious/noExplicitAny: the API's objects are open; readers narrow what they use
  [field: string]: any;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: {
    apiVersion: string;
    kind: string;
    name: string;
    uid: string;
    controller?: boolean;
    blockOwnerDeletion?: boolean;
  }[];
  generateName?: string;
}

/** How to reach an API server. Files named in a kubeconfig are read again when they change (tokens rotate). */
export interface ClusterAccess {
  /** https://host:port, without a trailing slash. */
  server: string;
  ca?: string | undefined;
  clientCertificate?: string | undefined;
  clientKey?: string | undefined;
  /** Asked before every request. */
  token?: () => Promise<string>;
  insecureSkipTlsVerify?: boolean;
  /** The name in the server's certificate, where it is not the host in `server`. */
  tlsServerName?: string;
  /** Told when the server answered 401: a credential that was kept is thrown away. */
  onUnauthorized?: () => void;
  /** The context's namespace, `default` where it names none. */
  namespace: string;
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  /** Default application/json; a patch names its kind. */
  contentType?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** What the API server answered with, when it was not a success: carries the HTTP code and the Status's reason. */
export interface StatusLike {
  code: number;
  reason: string;
  message: string;
}

export interface KubernetesClient {
  readonly access: ClusterAccess;
  /** `path` is absolute, as in /api/v1/namespaces/default/pods. Rejects with ApiError (status.ts), or Fault `unavailable`. */
  request<T = KubeObject>(path: string, options?: RequestOptions): Promise<T>;
  /** The body as it comes, for logs. Rejects like request when the answer is not a success. */
  stream(path: string, options?: RequestOptions): Promise<AsyncIterable<Buffer>>;
  close(): void;
}

export interface ReflectorHandlers<T extends KubeObject> {
  /** Added or changed; called in the order of resource versions. After a relist also for objects that have not changed. */
  onUpsert(object: T): void;
  /** Gone; the last state known. After a relist also for objects that vanished unseen. */
  onDelete(object: T): void;
  /** After the first complete list. */
  onSynced?(): void;
  /** Each time the connection is lost or refused; the reflector goes on by itself, with backoff. */
  onTrouble?(error: unknown): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  /** Collection path, as in /api/v1/pods. */
  path: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Keeps only what the reader needs of each object; what it returns is what handlers get. */
  transform?: (object: KubeObject) => T;
  pageSize?: number;
}

export interface Reflector {
  /** Resolves when the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  readonly synced: boolean;
}
