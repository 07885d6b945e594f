import type { X509Certificate } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { connect } from 'node:tls';

export interface Peer {
  host: string;
  port: number;
  ca: string | undefined;
  /** The name in the certificate, where it is not the host. */
  serverName?: string | undefined;
  timeoutMs: number;
}

export interface Handshake {
  certificate: X509Certificate | undefined;
  /** Undefined: the certificate is what the authority says. */
  distrust: string | undefined;
}

/** Looks at a server's certificate and says nothing to it. Rejects where there is no TLS server. */
export function shakeHands({ host, port, ca, serverName, timeoutMs }: Peer): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const named = serverName ?? (isIP(host) === 0 ? host : undefined);
    const socket = connect({
      host,
      port,
      ...(ca === undefined ? {} : { ca }),
      ...(named === undefined ? {} : { servername: named }),
      rejectUnauthorized: false,
    });
    const end = () => socket.destroy();
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      const error = socket.authorized ? undefined : socket.authorizationError;
      const distrust = error ? distrustText(String((error as NodeJS.ErrnoException).code ?? error)) : undefined;
      resolve({ certificate: socket.getPeerX509Certificate(), distrust });
      end();
    });
  });
}

const distrusts: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it has signed itself, and is not the one that is trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'another authority has signed it',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'another authority has signed it',
  UNABLE_TO_GET_ISSUER_CERT: 'another authority has signed it',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'another authority has signed it',
  CERT_SIGNATURE_FAILURE: 'another authority of the same name has signed it',
  CERT_HAS_EXPIRED: 'it, or its authority, has expired',
  CERT_NOT_YET_VALID: 'it, or its authority, is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name or address',
};

/** OpenSSL's word for it goes along, to be searched for. */
function distrustText(code: string): string {
  const text = distrusts[code];
  return text === undefined ? code : `${text} (${code})`;
}

export interface Question {
  url: URL;
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  token?: string | undefined;
  accept?: string;
  serverName?: string | undefined;
  insecure?: boolean | undefined;
  timeoutMs: number;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** Half of it is how far the server's Date may be off. */
  tookMs: number;
}

const bodyBytesMax = 16 * 1024 * 1024;

/** One request on a connection of its own; credentials go only to a server that is trusted. */
export function ask({
  url,
  token,
  accept = '*/*',
  timeoutMs,
  serverName,
  insecure,
  ...tls
}: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const material = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
    const headers = { accept, 'user-agent': 'taffrail', ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const outgoing = send(url, {
      agent: false,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      rejectUnauthorized: !insecure,
      ...material,
      ...(serverName === undefined ? {} : { servername: serverName }),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      const tookMs = performance.now() - startMs;
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= bodyBytesMax) chunks.push(chunk);
        else answer.destroy(new Error(`the answer is larger than ${bodyBytesMax} bytes`));
      });
      answer.on('error', reject);
      answer.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body, tookMs });
      });
    });
    outgoing.end();
  });
}
