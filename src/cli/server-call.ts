import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Fault, type FaultCode, faultCodes, messageOf } from '../base/fault.ts';
import type { ServerAddress } from './server-address.ts';

/** For the beginning of an answer. */
const answerTimeoutMs = 30_000;
const errorBytesMax = 64 * 1024;
const answerBytesMax = 256 * 1024 * 1024;

export interface CallOptions {
  /** Sent as JSON. */
  body?: unknown;
  /** Without one: POST where there is a body, else GET. */
  method?: 'DELETE' | 'GET' | 'POST';
  signal?: AbortSignal;
}

/** The server's answer, a success, with its body still to be read. Rejects with the Fault that the server answered, or `unavailable`. */
export async function callServer(
  { url, token }: ServerAddress,
  path: string,
  options: CallOptions = {},
): Promise<IncomingMessage> {
  const answer = await sent(new URL(path, url), token, options);
  if (answer.statusCode === 200 || answer.statusCode === 204) return answer;
  const text = (await bodyOf(answer, errorBytesMax).catch(() => Buffer.alloc(0))).toString();
  throw faultOf(answer.statusCode ?? 0, text);
}

export async function getJson<T>(address: ServerAddress, path: string, signal?: AbortSignal): Promise<T> {
  return jsonOf(address, await callServer(address, path, signal ? { signal } : {}));
}

export async function postJson<T>(address: ServerAddress, path: string, body: unknown): Promise<T> {
  return jsonOf(address, await callServer(address, path, { body }));
}

async function jsonOf<T>(address: ServerAddress, answer: IncomingMessage): Promise<T> {
  const body = await bodyOf(answer, answerBytesMax);
  try {
    return JSON.parse(body.toString()) as T;
  } catch {
    throw new Fault('unavailable', `the server at ${address.url.origin} answered with something that is not JSON`);
  }
}

/** From what an error answer or an error frame says. */
export function faultFrom({ code, message, hint }: { code?: unknown; message?: unknown; hint?: unknown }): Fault {
  const known = typeof code === 'string' && Object.hasOwn(faultCodes, code) ? (code as FaultCode) : 'unavailable';
  return new Fault(known, String(message), typeof hint === 'string' ? { hint } : {});
}

function sent(
  url: URL,
  token: string | undefined,
  { body, signal, method = body === undefined ? 'GET' : 'POST' }: CallOptions,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method,
      agent: false,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(signal ? { signal } : {}),
    });
    const timer = setTimeout(
      () => call.destroy(new Error(`no answer within ${answerTimeoutMs / 1000} s`)),
      answerTimeoutMs,
    );
    call.on('response', (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    call.on('error', (error) => {
      clearTimeout(timer);
      reject(
        new Fault('unavailable', `the server at ${url.origin} does not answer: ${messageOf(error)}`, { cause: error }),
      );
    });
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function bodyOf(answer: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Fault('unavailable', `the server's answer is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Under /loki/api/v1 errors are texts. */
export function textFault(status: number, text: string): Fault {
  const isForPeople = text.trim() !== '' && !text.startsWith('<');
  return new Fault(codeOf(status), isForPeople ? text.trim() : `the server answered with status ${status}`);
}

function codeOf(status: number): FaultCode {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  if (status === 429) return 'overloaded';
  return status < 500 ? 'bad-request' : 'unavailable';
}

function faultOf(status: number, text: string): Fault {
  try {
    const { error } = JSON.parse(text) as { error?: Record<string, unknown> | string };
    // Under /api/v1 errors have Prometheus's form.
    if (typeof error === 'string') return new Fault(status < 500 ? 'bad-request' : 'unavailable', error);
    if (error?.message) return faultFrom(error);
  } catch {
    // Not JSON.
    return textFault(status, text);
  }
  return new Fault('unavailable', `the server answered with status ${status}`);
}
