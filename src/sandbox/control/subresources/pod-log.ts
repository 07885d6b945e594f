import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import {
  type Answer,
  badRequest,
  parseFlag,
  StatusError,
  type SubresourceBacking,
  type Target,
} from '../../../kubernetes/serve/serve.ts';
import type { Kind } from '../kinds/kind.ts';
import { type Registry, stored } from '../registry/registry.ts';
import { askKubelet, type KubeletAccess, kubeletAddress } from './kubelet-request.ts';

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
      const address = kubeletAddress(registry, pod.spec.nodeName);
      const path = ['containerLogs', target.namespace, target.name, container].map(encodeURIComponent).join('/');
      if (parseFlag(request.query, 'follow')) request.becomeLongRunning();
      const insecure = parseFlag(request.query, 'insecureSkipTLSVerifyBackend');
      const where = { ...address, path: `/${path}?${query}`, insecure };
      const upstream = await askKubelet(where, kubelet, request.signal);
      // A quiet container may be silent for as long as it likes.
      upstream.socket.setTimeout(0);
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
