import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SubresourceBacking } from '../../../kubernetes/serve/serve.ts';
import type { Registry } from '../registry/registry.ts';
import { askKubelet, type KubeletAccess, kubeletAddress } from './kubelet-request.ts';

/** A longer answer is cut off: the reader's connection breaks, so that nobody takes it for whole. */
export const proxiedBytesMax = 256 * 1024 * 1024;

/** Of the kubelet's answer; its others are between the two of us. */
const passedHeaders = ['content-type', 'content-length', 'content-encoding', 'retry-after'] as const;

/** `GET nodes/x/proxy/…`: whatever the node's kubelet has there, with its own code and bytes. Who may do it was asked before. */
export function nodeProxyOf(registry: Registry, kubelet: KubeletAccess): SubresourceBacking {
  return {
    takesPath: true,
    get: async (request, target) => {
      const address = kubeletAddress(registry, target.name);
      // nodes, the name, proxy; then the kubelet's own path.
      const path = request.rest.slice(3).map(encodeURIComponent).join('/');
      const query = request.query.size > 0 ? `?${request.query}` : '';
      const headers = request.accept === undefined ? {} : { accept: request.accept };
      const following = request.query.get('follow') === 'true';
      if (following) request.becomeLongRunning();
      const upstream = await askKubelet({ ...address, path: `/${path}${query}`, headers }, kubelet, request.signal);
      if (following) upstream.socket.setTimeout(0);
      return { stream: (response) => passOn(upstream, response, following) };
    },
  };
}

/** Ends when either side does. */
function passOn(upstream: IncomingMessage, response: ServerResponse, following: boolean): Promise<void> {
  for (const name of passedHeaders) {
    const value = upstream.headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
  response.writeHead(upstream.statusCode ?? 502, { 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  let bytes = 0;
  upstream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > proxiedBytesMax && !following) upstream.destroy();
  });
  upstream.pipe(response);
  return new Promise((resolve) => {
    upstream.once('error', () => response.destroy());
    upstream.once('close', () => {
      if (!upstream.complete) response.destroy();
    });
    response.once('close', () => {
      upstream.destroy();
      resolve();
    });
  });
}
