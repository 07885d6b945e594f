import type { Nanos } from '../../../base/nanotime.ts';
import type { Instance } from '../../store/store.ts';
import { missing } from '../incompleteness.ts';
import type { Surroundings } from './surroundings.ts';

/** What ends so near to now may miss lines that are still under way. */
const underWayMs = 60_000;

/** What an answer over these instances may lack, one sentence each. */
export function warningsOf(
  { store, clock, silentMs }: Surroundings,
  instances: readonly Instance[],
  tenant: string,
  untilNs: Nanos,
): string[] {
  const withLag = Number(untilNs / 1_000_000n) > clock.nowMs() - underWayMs;
  return missing(instances, {
    withLag,
    refusing: withLag ? store.status().refusing : null,
    silentMs: (node) => (withLag ? silentMs(tenant, node) : null),
  });
}
