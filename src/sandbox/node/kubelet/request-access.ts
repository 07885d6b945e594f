import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { messageOf } from '../../../base/fault.ts';
import type { Reviews } from '../../../kubernetes/delegate/delegate.ts';
import type { UserInfo } from '../../../kubernetes/serve/serve.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';

export interface Refusal {
  code: 401 | 403 | 500;
  text: string;
}

const verbs: Record<string, string> = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
const authenticatedGroup = 'system:authenticated';

/**
 * The subresources of the node by which a path may be read, as in Kubernetes's pkg/kubelet/server/auth.go: any of them does.
 * /pods and /healthz have one of their own since 1.33.
 */
export function subresourcesOf(path: string): string[] {
  const [, first] = path.split('/');
  if (first === 'stats' || first === 'metrics') return [first];
  if (first === 'logs') return ['log'];
  if (first === 'pods' || first === 'healthz') return [first, 'proxy'];
  return ['proxy'];
}

/** Undefined where the request may be answered; never so where the API server, asked about it, does not answer. */
export async function refusalOf(
  request: IncomingMessage,
  path: string,
  { reviews, nodeName, log }: { reviews: Reviews; nodeName: string; log: Logger },
): Promise<Refusal | undefined> {
  const user = await userOf(request, reviews).catch((error: unknown) => {
    log.warn('whose a token is could not be asked', { error: messageOf(error) });
    return undefined;
  });
  if (!user) return { code: 401, text: 'Unauthorized' };
  const verb = verbs[request.method ?? ''] ?? '';
  const subresources = subresourcesOf(path);
  const what = `user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}]`;
  try {
    for (const subresource of subresources) {
      const attributes = {
        verb,
        group: '',
        version: 'v1',
        plural: 'nodes',
        subresource,
        namespace: '',
        name: nodeName,
      };
      if ((await reviews.authorize(user, attributes)).allowed) return undefined;
    }
  } catch (error) {
    log.warn('what somebody may do could not be asked', { user: user.name, error: messageOf(error) });
    return { code: 500, text: `Authorization error (${what})` };
  }
  return { code: 403, text: `Forbidden (${what})\n` };
}

/** By a certificate of the cluster's authority, or else by a bearer token. */
async function userOf(request: IncomingMessage, reviews: Reviews): Promise<UserInfo | undefined> {
  const socket = request.socket as TLSSocket;
  const user = socket.authorized ? certifiedUser(socket) : undefined;
  if (user) return user;
  const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  return token === undefined ? undefined : reviews.userOf(token);
}

function certifiedUser(socket: TLSSocket): UserInfo | undefined {
  const { O = [], CN = '' } = socket.getPeerCertificate().subject ?? {};
  const username = [CN].flat()[0] ?? '';
  return username === '' ? undefined : { name: username, groups: [...[O].flat(), authenticatedGroup] };
}
