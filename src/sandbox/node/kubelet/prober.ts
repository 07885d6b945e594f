import type { Clock } from '../../../base/clock.ts';
import type { ContainerSpec, ProbeSpec } from './pod.ts';
import { type Exec, perform } from './probe.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

export interface ProberHandlers {
  onStarted(): void;
  onReady(ready: boolean): void;
  /** A startup or liveness probe has failed often enough: the container is to be restarted. */
  onUnhealthy(kind: ProbeKind, message: string): void;
  onFailure(kind: ProbeKind, message: string): void;
}

/**
 * The probes of one running container instance. Invariant: readiness and liveness are not asked before the startup probe
 * has succeeded, and nothing is reported after the signal has aborted.
 */
export async function runProbes(
  container: ContainerSpec,
  exec: Exec,
  clock: Clock,
  handlers: ProberHandlers,
  signal: AbortSignal,
): Promise<void> {
  const { startupProbe, readinessProbe, livenessProbe } = container;
  const loop = async (kind: ProbeKind, probe: ProbeSpec, onTurn: (success: boolean, message: string) => boolean) => {
    await clock.sleep((probe.initialDelaySeconds ?? 0) * 1000, signal);
    let streak = 0;
    let last: boolean | undefined;
    for (;;) {
      const { success, message } = await perform(probe, container, (probe.timeoutSeconds ?? 1) * 1000, exec);
      if (signal.aborted) return;
      streak = success === last ? streak + 1 : 1;
      last = success;
      if (!success) handlers.onFailure(kind, message);
      const threshold = success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
      if (streak >= threshold && !onTurn(success, message)) return;
      await clock.sleep((probe.periodSeconds ?? 10) * 1000, signal);
    }
  };
  const stopping = (error: unknown) => {
    if (!signal.aborted) throw error;
  };
  if (startupProbe) {
    let healthy = false;
    await loop('startup', startupProbe, (success, message) => {
      healthy = success;
      if (!success) handlers.onUnhealthy('startup', message);
      return false;
    }).catch(stopping);
    if (signal.aborted || !healthy) return;
  }
  handlers.onStarted();
  const loops: Promise<void>[] = [];
  if (!readinessProbe) handlers.onReady(true);
  else {
    loops.push(
      loop('readiness', readinessProbe, (success) => {
        handlers.onReady(success);
        return true;
      }),
    );
  }
  if (livenessProbe) {
    loops.push(
      loop('liveness', livenessProbe, (success, message) => {
        if (!success) handlers.onUnhealthy('liveness', message);
        return success;
      }),
    );
  }
  await Promise.all(loops.map((each) => each.catch(stopping)));
}
