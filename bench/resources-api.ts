/**
 * An API server's lists and watches of nodes and pods, in a process of its own: pages, bookmarks, some change all the time; and the reviews and
 * the ConfigMap that an aggregated API server asks for. Started by bench/resources.ts with the size, the directory of the keys and the kubelets' ports.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { constants, setPriority } from 'node:os';
import { systemClock } from '../src/base/clock.ts';
import type { KubeObject } from '../src/kubernetes/client/client.ts';
import { openPki } from '../src/kubernetes/pki/pki.ts';
import { type ClusterSize, nodeObject, podObject, podsOf, type SimulatedPod } from './resources-cluster.ts';

interface Start {
  size: ClusterSize;
  directory: string;
  ports: number[];
}

/** Pods whose status changes, over the whole cluster. */
const changesOfSecond = 20;
const bookmarkMs = 10_000;
/** Until an API server ends a watch whose client did not say. */
const watchSecondsMax = 1800;

process.on('disconnect', () => process.exit());
// In a real cluster it runs on another machine: the server that is measured need not wait for it.
setPriority(constants.priority.PRIORITY_LOW);
const [{ size, directory, ports }] = (await once(process, 'message')) as [Start];
const pki = await openPki(directory, systemClock);
const { certificate, key } = await pki.server('api', ['127.0.0.1', 'localhost']);
const pods: SimulatedPod[] = ports.flatMap((_, node) => podsOf(node, size));
pods.sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
const podWatches = new Set<{ send: (type: string, object: KubeObject) => void }>();
let resourceVersion = 1000;

const server = createServer(
  { cert: certificate, key, ca: pki.ca, requestCert: true, rejectUnauthorized: false },
  answer,
);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
setInterval(change, 1000 / changesOfSecond);
process.send!({ port: (server.address() as AddressInfo).port });

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'https://api');
  const plural = url.pathname.split('/').at(-1)!;
  const partial = request.headers.accept?.includes('as=PartialObjectMetadata') ?? false;
  if (request.method === 'POST') review(plural, response);
  else if (url.pathname.includes('/configmaps')) configMap(url, response);
  else if (plural !== 'nodes' && plural !== 'pods') status(response, 404, 'NotFound', `no ${url.pathname} here`);
  else if (url.searchParams.has('sendInitialEvents'))
    status(
      response,
      422,
      'Invalid',
      'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    );
  else if (url.searchParams.get('watch')) watch(plural, url, partial, response);
  else list(plural, url, partial, response);
}

function list(plural: string, url: URL, partial: boolean, response: ServerResponse): void {
  const all = plural === 'nodes' ? ports.length : pods.length;
  const from = Number(url.searchParams.get('continue') ?? 0);
  const to = Math.min(all, from + (Number(url.searchParams.get('limit')) || all));
  const items = Array.from({ length: to - from }, (_, at) =>
    plural === 'nodes' ? nodeObject(from + at, ports[from + at]!) : podObject(pods[from + at]!, size, 1000),
  );
  const kind = partial ? 'PartialObjectMetadataList' : plural === 'nodes' ? 'NodeList' : 'PodList';
  json(response, 200, {
    kind,
    apiVersion: partial ? 'meta.k8s.io/v1' : 'v1',
    metadata: { resourceVersion: '1000', ...(to < all ? { continue: String(to), remainingItemCount: all - to } : {}) },
    items: partial ? items.map(partialOf) : items,
  });
}

function watch(plural: string, url: URL, partial: boolean, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const kind = plural === 'nodes' ? 'Node' : 'Pod';
  const send = (type: string, object: KubeObject) =>
    void response.write(
      `${JSON.stringify({ type, object: partial ? partialOf(object) : { kind, apiVersion: 'v1', ...object } })}\n`,
    );
  const watcher = { send };
  if (plural === 'pods') podWatches.add(watcher);
  const bookmark = () =>
    send('BOOKMARK', {
      metadata: { resourceVersion: String(resourceVersion) } as KubeObject['metadata'],
      spec: {},
      status: {},
    });
  const timer = setInterval(bookmark, bookmarkMs);
  const end = setTimeout(
    () => response.end(),
    1000 * (Number(url.searchParams.get('timeoutSeconds')) || watchSecondsMax),
  );
  response.on('close', () => {
    clearInterval(timer);
    clearTimeout(end);
    podWatches.delete(watcher);
  });
}

function change(): void {
  resourceVersion++;
  const pod = pods[(resourceVersion * 7919) % pods.length]!;
  const object = podObject(pod, size, resourceVersion);
  for (const { send } of podWatches) send('MODIFIED', object);
}

/** Everybody may do everything, and every token is good: what reviews cost is not what is measured here. */
function review(plural: string, response: ServerResponse): void {
  const ofTokens = plural === 'tokenreviews';
  json(response, 201, {
    kind: ofTokens ? 'TokenReview' : 'SubjectAccessReview',
    apiVersion: ofTokens ? 'authentication.k8s.io/v1' : 'authorization.k8s.io/v1',
    status: ofTokens ? { authenticated: true, user: { username: 'bench' } } : { allowed: true },
  });
}

function configMap(url: URL, response: ServerResponse): void {
  if (url.searchParams.get('watch')) {
    watch('configmaps', url, false, response);
    return;
  }
  const object = {
    metadata: {
      name: 'extension-apiserver-authentication',
      namespace: 'kube-system',
      uid: 'c',
      resourceVersion: '1000',
    },
    data: {
      'client-ca-file': pki.ca,
      'requestheader-client-ca-file': pki.frontProxyCa,
      'requestheader-allowed-names': '["front-proxy-client"]',
      'requestheader-username-headers': '["X-Remote-User"]',
      'requestheader-group-headers': '["X-Remote-Group"]',
      'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    },
  };
  const metadata = { resourceVersion: '1000' };
  const isList = url.pathname.endsWith('/configmaps');
  json(
    response,
    200,
    isList
      ? { kind: 'ConfigMapList', apiVersion: 'v1', metadata, items: [object] }
      : { kind: 'ConfigMap', apiVersion: 'v1', ...object },
  );
}

function partialOf({ metadata }: KubeObject): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

function status(response: ServerResponse, code: number, reason: string, message: string): void {
  json(response, code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message });
}

function json(response: ServerResponse, code: number, value: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
