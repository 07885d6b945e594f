import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { printAge } from '../../../kubernetes/serve/serve.ts';

interface ContainerState {
  waiting?: { reason?: string };
  running?: object;
  terminated?: { reason?: string; exitCode?: number; signal?: number; finishedAt?: string };
}

interface ContainerStatus {
  name: string;
  ready?: boolean;
  started?: boolean;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

/** READY, STATUS and RESTARTS of a pod, by the rules of the API server's printer. */
export function podCells(pod: KubeObject, nowMs: number): { ready: string; status: string; restarts: string } {
  const init = initCells(pod);
  const tally = { ready: init.ready, restarts: init.restarts, lastRestartMs: init.lastRestartMs };
  let status: string = init.status ?? (pod.status?.reason || pod.status?.phase || '');
  if (init.status === undefined || hasCondition(pod, 'Initialized')) {
    tally.restarts = init.sidecarRestarts;
    tally.lastRestartMs = init.sidecarRestartMs;
    status = mainStatus(pod, status, tally);
  }
  const phase = pod.status?.phase;
  if (pod.metadata.deletionTimestamp && pod.status?.reason === 'NodeLost') status = 'Unknown';
  else if (pod.metadata.deletionTimestamp && phase !== 'Failed' && phase !== 'Succeeded') status = 'Terminating';
  const total = (pod.spec?.containers ?? []).length + sidecarNames(pod).size;
  const ago = tally.restarts > 0 && tally.lastRestartMs > 0 ? ` (${printAge(nowMs - tally.lastRestartMs)} ago)` : '';
  return { ready: `${tally.ready}/${total}`, status, restarts: `${tally.restarts}${ago}` };
}

interface Tally {
  ready: number;
  restarts: number;
  lastRestartMs: number;
}

/** What the init containers say; the status is undefined when they are done. */
function initCells(
  pod: KubeObject,
): Tally & { sidecarRestarts: number; sidecarRestartMs: number; status: string | undefined } {
  const sidecars = sidecarNames(pod);
  const cells = {
    ready: 0,
    restarts: 0,
    sidecarRestarts: 0,
    sidecarRestartMs: 0,
    lastRestartMs: 0,
    status: undefined as string | undefined,
  };
  const statuses: ContainerStatus[] = pod.status?.initContainerStatuses ?? [];
  for (const [index, container] of statuses.entries()) {
    cells.restarts += container.restartCount ?? 0;
    cells.lastRestartMs = Math.max(cells.lastRestartMs, lastRestartMs(container));
    const sidecar = sidecars.has(container.name);
    if (sidecar) {
      cells.sidecarRestarts += container.restartCount ?? 0;
      cells.sidecarRestartMs = Math.max(cells.sidecarRestartMs, lastRestartMs(container));
    }
    const { terminated, waiting } = container.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && container.started) {
      if (container.ready) cells.ready++;
      continue;
    }
    if (terminated) cells.status = `Init:${terminated.reason || endOf(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') cells.status = `Init:${waiting.reason}`;
    else cells.status = `Init:${index}/${(pod.spec?.initContainers ?? []).length}`;
    return cells;
  }
  return cells;
}

/** The last container in the order of the spec decides least, the first most. Adds to the tally. */
function mainStatus(pod: KubeObject, before: string, tally: Tally): string {
  let status = before;
  let running = false;
  const statuses: ContainerStatus[] = pod.status?.containerStatuses ?? [];
  for (const container of [...statuses].reverse()) {
    tally.restarts += container.restartCount ?? 0;
    tally.lastRestartMs = Math.max(tally.lastRestartMs, lastRestartMs(container));
    const { terminated, waiting } = container.state ?? {};
    if (waiting?.reason) status = waiting.reason;
    else if (terminated) status = terminated.reason || endOf(terminated);
    else if (container.ready && container.state?.running) {
      running = true;
      tally.ready++;
    }
  }
  if (status === 'Completed' && running) return hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  return status;
}

const endOf = ({ signal, exitCode }: { signal?: number; exitCode?: number }) =>
  signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`;

function lastRestartMs({ lastState }: ContainerStatus): number {
  return Date.parse(lastState?.terminated?.finishedAt ?? '') || 0;
}

function sidecarNames(pod: KubeObject): Set<string> {
  const init: { name: string; restartPolicy?: string }[] = pod.spec?.initContainers ?? [];
  return new Set(init.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name));
}

function hasCondition(pod: KubeObject, wanted: string): boolean {
  const conditions: { type: string; status: string }[] = pod.status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === wanted && status === 'True');
}
