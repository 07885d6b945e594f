import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { KeyPair } from '../../../kubernetes/pki/pki.ts';
import { internalError, notFound } from '../../../kubernetes/serve/serve.ts';
import type { Registry } from '../registry/registry.ts';

/** How the API server makes itself known to kubelets, and whose kubelets it believes. */
export interface KubeletAccess {
  client(): KeyPair;
  ca: string;
}

export interface KubeletAddress {
  host: string;
  port: number;
}

export interface KubeletQuestion extends KubeletAddress {
  /** With the query. */
  path: string;
  headers?: Record<string, string>;
  /** Whoever answers there is believed. */
  insecure?: boolean;
}

const silenceMsMax = 10_000;

/** Throws 404 for a node that is not known, 500 for one without an address. */
export function kubeletAddress({ store }: Registry, nodeName: string): KubeletAddress {
  const node = store.read('/nodes', { namespace: '', name: nodeName });
  if (!node) throw notFound({ group: '', plural: 'nodes' }, nodeName);
  const addresses: { type: string; address: string }[] = node.status?.addresses ?? [];
  const host = ['InternalIP', 'Hostname', 'ExternalIP']
    .map((wanted) => addresses.find(({ type }) => type === wanted)?.address)
    .find(Boolean);
  if (!host) throw internalError(`no preferred addresses found; known addresses: ${JSON.stringify(addresses)}`);
  return { host, port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250 };
}

/**
 * Resolves when the kubelet has begun to answer; rejects with 500 where it cannot be reached or keeps silent. The answer is cut off
 * when the signal aborts, or when nothing has come for a while: whoever knows better sets the socket's time-out anew.
 */
export function askKubelet(
  { insecure = false, ...where }: KubeletQuestion,
  kubelet: KubeletAccess,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { certificate, key } = kubelet.client();
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({
      ...where,
      method: 'GET',
      cert: certificate,
      key,
      ca: kubelet.ca,
      rejectUnauthorized: !insecure,
      // Each question has a connection of its own: followed logs would block the others.
      agent: false,
      signal,
      timeout: silenceMsMax,
    });
    const url = `https://${where.host}:${where.port}${where.path}`;
    outgoing.once('response', resolve);
    outgoing.once('timeout', () => outgoing.destroy(new Error('i/o timeout')));
    outgoing.once('error', (error) => reject(internalError(`Get "${url}": ${error.message}`)));
    outgoing.end();
  });
}
