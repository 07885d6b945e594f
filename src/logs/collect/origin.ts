import type { InstanceKey } from '../batch/batch.ts';

/** Where an instance's files lie, and what their path tells. */
export interface TailOrigin {
  key: InstanceKey;
  namespace: string;
  pod: string;
  /** Identity of the container's directory: while we watch, files in the same one belong to the same instance. */
  directoryId: string;
  /** When that directory was made; null where the file system does not tell. */
  directoryBirthMs: number | null;
}
