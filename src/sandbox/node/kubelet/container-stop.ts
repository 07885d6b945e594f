import type { Clock } from '../../../base/clock.ts';
import { type ContainerSpec, kindOf, type Pod } from './pod.ts';
import { type Exec, perform } from './probe.ts';

interface StopSurroundings {
  exec: Exec;
  /** Resolves when the container has ended. */
  stop: (graceMs: number) => Promise<void>;
  onHookFailure: (message: string) => void;
}

/** A preStop hook that used up the grace leaves the container this long, as in Kubernetes. */
const graceLeftMsMin = 2000;

/** Ordinary containers first and together, then sidecars, the last one first; all within the grace. */
export async function stopInOrder(
  pod: Pod,
  containers: ContainerSpec[],
  clock: Clock,
  graceMs: number,
  stopOne: (container: ContainerSpec, left: () => number) => Promise<void>,
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + graceMs;
  const left = () => Math.max(0, deadlineMs - clock.monotonicMs());
  const sidecars = containers.filter((container) => kindOf(pod, container) === 'sidecar');
  const others = containers.filter((container) => !sidecars.includes(container));
  await Promise.all(others.map((container) => stopOne(container, left)));
  for (const sidecar of sidecars.reverse()) await stopOne(sidecar, left);
}

/** The preStop hook, then SIGTERM, then SIGKILL when the grace is over. */
export async function stopContainer(
  container: ContainerSpec,
  left: () => number,
  around: StopSurroundings,
): Promise<void> {
  const hook = container.lifecycle?.preStop;
  if (hook && left() > 0) {
    const action = hook.sleep ? { exec: { command: ['sleep', String(hook.sleep.seconds)] } } : hook;
    const result = await perform(action, container, left(), around.exec);
    if (!result.success) around.onHookFailure(result.message);
  }
  await around.stop(hook ? Math.max(left(), graceLeftMsMin) : left());
}
