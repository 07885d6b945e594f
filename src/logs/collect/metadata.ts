import type { Logger } from '../../telemetry/telemetry.ts';
import type { PodDigest } from './pod-facts.ts';
import { isExcluded, runOf } from './pod-facts.ts';
import type { CollectSettings } from './settings.ts';
import type { InstanceTail } from './tail.ts';

/**
 * Whether the lines of a new instance may leave the node: once its pod is known, because the pod may exclude them; and,
 * where the pod does not become known in time, as the setting says.
 */
export function mayLeave(
  tail: InstanceTail,
  pod: PodDigest | undefined,
  settings: Pick<CollectSettings, 'metadataWaitMs' | 'onMetadataTimeout'>,
  now: number,
): 'yes' | 'wait' | 'timeout' {
  if (pod) return 'yes';
  if (now - tail.discoveredMs < settings.metadataWaitMs) return 'wait';
  return 'timeout';
}

/** What the pod tells about one of its instances, taken over. A run that has ended has written its last line. */
export function applyPod(tail: InstanceTail, pod: PodDigest, log: Logger): void {
  const { container, attempt } = tail.origin.key;
  const run = runOf(pod, container, attempt);
  if (run?.containerId) tail.containerId = run.containerId;
  if (run?.startedAt) tail.startedMs = Date.parse(run.startedAt) || null;
  if (run?.terminated) tail.end();
  const excluded = isExcluded(pod, container);
  if (excluded === tail.excluded) return;
  tail.excluded = excluded;
  const { namespace, pod: name } = tail.origin;
  log.info(excluded ? 'logs are left out, as an annotation says' : 'logs are collected again', {
    namespace,
    pod: name,
    container,
  });
}
