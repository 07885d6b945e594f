import { createHash } from 'node:crypto';
import { type Nanos, parseRfc3339 } from '../../base/nanotime.ts';

/**
 * What names one run of one container, as far as the directory tree tells: `<ns>_<pod>_<uid>/<container>/<attempt>.log`.
 * The key alone is reused in real life (a static pod added again, a wiped node), so an instance also has a birth; see resolve.
 */
export interface InstanceKey {
  /** Uid of the kube-system namespace, or a configured id. */
  cluster: string;
  /** The uid in the directory name; for a static pod this is the hash of its configuration, not the API's uid. */
  podUid: string;
  container: string;
  /** The number in the file name. */
  attempt: number;
}

/**
 * Given out by the store: hex of a hash over tenant, key and birth. The same facts give the same id, also in a store
 * that was restored from a backup, so a spooled batch finds its instance again.
 */
export type InstanceId = string;

/**
 * The life of one physical log file, through renames and compression: `<time>-<hash>` of the file's first complete record,
 * time as 16 hex digits of nanoseconds (so names sort by time), hash as 16 hex digits. A first record without a time counts as 0.
 */
export type SegmentName = string;

export function instanceId(tenant: string, key: InstanceKey, birth: string): InstanceId {
  const parts = [tenant, key.cluster, key.podUid, key.container, String(key.attempt), birth];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** `record` is the first line of the file without its newline. */
export function segmentName(record: Uint8Array): SegmentName {
  const space = record.indexOf(0x20);
  const time =
    space > 0 && space <= 40 ? parseRfc3339(Buffer.from(record.subarray(0, space)).toString('latin1')) : undefined;
  const hash = createHash('sha256').update(record).digest('hex').slice(0, 16);
  return `${BigInt.asUintN(64, time ?? 0n)
    .toString(16)
    .padStart(16, '0')}-${hash}`;
}

export function segmentTime(name: SegmentName): Nanos {
  return BigInt.asIntN(64, BigInt(`0x${name.slice(0, 16)}`));
}
