import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { isApiError } from '../../../kubernetes/client/status.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { msOfKubeTime } from './kube-time.ts';
import { periodically } from './periodic.ts';

/** Kubernetes' own default of --event-ttl. */
const EVENT_TTL_MS = 3600_000;
const PERIOD_MS = 60_000;
const PAGE_SIZE = 500;

interface EventPage {
  items?: KubeObject[];
  metadata?: { continue?: string };
}

/** When it was last seen; pure. */
export function isExpired(event: KubeObject, nowMs: number, ttlMs = EVENT_TTL_MS): boolean {
  const seen = [
    event.lastTimestamp,
    event.series?.lastObservedTime,
    event.eventTime,
    event.firstTimestamp,
    event.metadata.creationTimestamp,
  ].map((time) => msOfKubeTime(time));
  const lastMs = Math.max(...seen.map((ms) => ms ?? 0));
  return lastMs > 0 && nowMs - lastMs > ttlMs;
}

/** Deletes events an hour after they were last seen. */
export function createEventExpiry({ client, clock, log, signal }: ControllerContext): Controller {
  const expire = async () => {
    let next: string | undefined;
    do {
      const query = { limit: PAGE_SIZE, continue: next };
      const page: EventPage = await client.request<EventPage>('/api/v1/events', { query });
      for (const event of page.items ?? []) if (isExpired(event, clock.nowMs())) await remove(event);
      next = page.metadata?.continue || undefined;
    } while (next !== undefined);
  };
  const remove = async ({ metadata }: KubeObject) => {
    try {
      await client.request(`/api/v1/namespaces/${metadata.namespace}/events/${metadata.name}`, { method: 'DELETE' });
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
    }
  };
  return { run: () => periodically(PERIOD_MS, expire, { clock, log, signal }) };
}
