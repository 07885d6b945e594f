import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { messageOf } from '../../../base/fault.ts';
import type { ExecResult } from '../runtime/protocol.ts';
import type { ActionSpec, ContainerSpec } from './pod.ts';

export interface ActionResult {
  success: boolean;
  message: string;
}

export type Exec = (argv: string[], timeoutMs: number) => Promise<ExecResult>;

const answerTextBytesMax = 256;
const host = '127.0.0.1';

/** Carries out an exec, httpGet or tcpSocket action once; used by probes and by lifecycle hooks. Never rejects. */
export async function perform(
  action: ActionSpec,
  container: ContainerSpec,
  timeoutMs: number,
  exec: Exec,
): Promise<ActionResult> {
  try {
    if (action.exec) {
      const result = await exec(action.exec.command ?? [], timeoutMs);
      if (result.timedOut) return { success: false, message: `command timed out after ${timeoutMs / 1000}s` };
      return { success: result.exitCode === 0, message: result.output.trim() };
    }
    if (action.httpGet) return await httpGet(action.httpGet, container, timeoutMs);
    if (action.tcpSocket)
      return await tcpConnect(action.tcpSocket.host ?? host, portOf(action.tcpSocket.port, container), timeoutMs);
    return { success: false, message: 'the sandbox supports exec, httpGet and tcpSocket' };
  } catch (error) {
    return { success: false, message: messageOf(error) };
  }
}

export function portOf(port: number | string, container: ContainerSpec): number {
  if (typeof port === 'number' || /^\d+$/.test(port)) return Number(port);
  const named = container.ports?.find(({ name }) => name === port);
  if (!named) throw new Error(`couldn't find port: ${port}`);
  return named.containerPort;
}

function httpGet(
  action: NonNullable<ActionSpec['httpGet']>,
  container: ContainerSpec,
  timeoutMs: number,
): Promise<ActionResult> {
  const secure = action.scheme?.toUpperCase() === 'HTTPS';
  const headers = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const options = {
    host: action.host ?? host,
    port: portOf(action.port, container),
    path: action.path ?? '/',
    headers: { 'user-agent': 'kube-probe/taffrail', ...headers },
    signal: AbortSignal.timeout(timeoutMs),
    agent: false,
  };
  return new Promise((resolve) => {
    // A probe does not verify certificates, as in Kubernetes.
    const request = secure ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
    request.once('error', (error) =>
      resolve({ success: false, message: `Get "${action.path ?? '/'}": ${error.message}` }),
    );
    request.once('response', (response) => {
      const code = response.statusCode ?? 0;
      response.destroy();
      resolve({
        success: code >= 200 && code < 400,
        message: `HTTP probe failed with statuscode: ${code}`.slice(0, answerTextBytesMax),
      });
    });
    request.end();
  });
}

function tcpConnect(address: string, port: number, timeoutMs: number): Promise<ActionResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (success: boolean, message: string) => {
      socket.destroy();
      resolve({ success, message });
    };
    socket.setTimeout(timeoutMs, () => end(false, `dial tcp ${address}:${port}: i/o timeout`));
    socket.once('connect', () => end(true, ''));
    socket.once('error', (error) => end(false, `dial tcp ${address}:${port}: ${error.message}`));
  });
}
