import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { KeyPair } from '../../../kubernetes/pki/pki.ts';
import {
  type Answer,
  type ApiRequest,
  badRequest,
  internalError,
  notFound,
  parseFlag,
  StatusError,
  type SubresourceBacking,
  type Target,
} from '../../../kubernetes/serve/serve.ts';
import type { Kind } from '../kinds/kind.ts';
import { type Registry, stored } from '../registry/registry.ts';

/** How the API server makes itself known to kubelets, and whose kubelets it believes. */
export interface KubeletAccess {
  client(): KeyPair;
  ca: string;
}

const connectTimeoutMs = 10_000;
const errorTextBytesMax = 4096;
const passedOn = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes'] as const;

/** `GET pods/x/log`: found out here which container of which node, and read from that node's kubelet. */
export function logOf(registry: Registry, pods: Kind, kubelet: KubeletAccess): SubresourceBacking {
  return {
    get: async (request, target) => {
      const pod = stored(registry, pods, target);
      const query = checkedQuery(request.query);
      const container = containerOf(pod, request.query.get('container') ?? '');
      // A pod without a node has not written anything.
      if (!pod.spec?.nodeName) return emptyLog;
      const { host, port } = addressOf(registry, pod.spec.nodeName);
      const path = ['containerLogs', target.namespace, target.name, container].map(encodeURIComponent).join('/');
      if (parseFlag(request.query, 'follow')) request.becomeLongRunning();
      const upstream = await open(request, kubelet, { host, port, path: `/${path}?${query}` });
      if (upstream.statusCode !== 200) throw await refusalOf(upstream, target);
      return { stream: (response) => pipe(upstream, response, request.signal) };
    },
  };
}

const emptyLog: Answer = {
  stream: (response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end();
  },
};

/** Throws 400 for a number that is none, in the API's words. */
function checkedQuery(query: URLSearchParams): URLSearchParams {
  const kept = new URLSearchParams();
  for (const name of passedOn) {
    const value = query.get(name);
    if (value === null || value === '') continue;
    const wanted = name === 'limitBytes' || name === 'sinceSeconds' ? 1 : name === 'tailLines' ? 0 : undefined;
    if (wanted !== undefined && !(/^-?\d{1,15}$/.test(value) && Number(value) >= wanted))
      throw invalidLogOptions(name, value, `must be greater than or equal to ${wanted}`);
    if (name === 'sinceTime' && Number.isNaN(Date.parse(value)))
      throw invalidLogOptions(name, value, 'not an RFC 3339 time');
    kept.set(name, value);
  }
  if (kept.has('sinceTime') && kept.has('sinceSeconds'))
    throw new StatusError(
      422,
      'Invalid',
      'PodLogOptions "" is invalid: sinceTime: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    );
  return kept;
}

function invalidLogOptions(field: string, value: string, why: string): StatusError {
  return new StatusError(422, 'Invalid', `PodLogOptions "" is invalid: ${field}: Invalid value: ${value}: ${why}`, {
    kind: 'PodLogOptions',
    causes: [{ reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${why}`, field }],
  });
}

/** The container that was asked for, or the only one. Throws 400 in the API server's words. */
export function containerOf({ metadata, spec }: KubeObject, asked: string): string {
  const names = (list: { name: string }[] | undefined) => (list ?? []).map(({ name }) => name);
  const regular = names(spec?.containers);
  const init = names(spec?.initContainers);
  const ephemeral = names(spec?.ephemeralContainers);
  if (asked !== '') {
    if ([...regular, ...init, ...ephemeral].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  if (regular.length === 1) return regular[0]!;
  const others = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${regular.join(' ')}]${others}`,
  );
}

function addressOf({ store }: Registry, nodeName: string): { host: string; port: number } {
  const node = store.read('/nodes', { namespace: '', name: nodeName });
  if (!node) throw notFound({ group: '', plural: 'nodes' }, nodeName);
  const addresses: { type: string; address: string }[] = node.status?.addresses ?? [];
  const host = ['InternalIP', 'Hostname', 'ExternalIP']
    .map((wanted) => addresses.find(({ type }) => type === wanted)?.address)
    .find(Boolean);
  if (!host) throw internalError(`no preferred addresses found; known addresses: ${JSON.stringify(addresses)}`);
  return { host, port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250 };
}

function open(
  request: ApiRequest,
  kubelet: KubeletAccess,
  where: { host: string; port: number; path: string },
): Promise<IncomingMessage> {
  const { certificate, key } = kubelet.client();
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({
      ...where,
      method: 'GET',
      cert: certificate,
      key,
      ca: kubelet.ca,
      rejectUnauthorized: !parseFlag(request.query, 'insecureSkipTLSVerifyBackend'),
      // Each log has a connection of its own: following ones would block the others.
      agent: false,
      signal: request.signal,
      timeout: connectTimeoutMs,
    });
    const url = `https://${where.host}:${where.port}${where.path}`;
    outgoing.once('response', (answer) => {
      // A quiet container may be silent for as long as it likes.
      answer.socket.setTimeout(0);
      resolve(answer);
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('i/o timeout')));
    outgoing.once('error', (error) => reject(internalError(`Get "${url}": ${error.message}`)));
    outgoing.end();
  });
}

/** The kubelet's words, under its code. */
async function refusalOf(upstream: IncomingMessage, { name }: Target): Promise<StatusError> {
  let text = '';
  for await (const chunk of upstream) {
    text += String(chunk);
    if (text.length > errorTextBytesMax) break;
  }
  text = messageIn(text.trim());
  const code = upstream.statusCode ?? 500;
  const details = { name, kind: 'pods/log' };
  if (code === 400) return new StatusError(400, 'BadRequest', text || 'the kubelet refused the request', details);
  if (code === 404)
    return new StatusError(
      404,
      'NotFound',
      text || `the server could not find the requested resource ( pods/log ${name})`,
      details,
    );
  return new StatusError(
    500,
    'InternalError',
    `Internal error occurred: the kubelet answered ${code}: ${text}`,
    details,
  );
}

/** Some kubelets answer with a Status, others with plain text. */
function messageIn(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}

/** Ends when either side does. An answer cut short by the kubelet is cut short here too, so that nobody takes it for whole. */
function pipe(upstream: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    upstream.pipe(response);
    upstream.once('error', () => response.destroy());
    upstream.once('aborted', () => response.destroy());
    signal.addEventListener('abort', () => upstream.destroy(), { once: true });
    response.once('close', () => {
      upstream.destroy();
      resolve();
    });
  });
}
