/**
 * The door for clients: what `POST /taffrail/v1/logs` and `GET /taffrail/v1/instances` take and give.
 * docs/formats/lines.md draws the stream.
 */
export * from './line-frames.ts';
export * from './received-run.ts';

export interface LogsRequest {
  /** Absent: all that the caller may read. */
  namespace?: string;
  pod?: string;
  workload?: { kind: string; name: string };
  labelSelector?: string;
  /** Of a workload: all of its pods, where otherwise one is chosen. */
  allPods?: boolean;
  container?: string;
  allContainers?: boolean;
  /** -N: the Nth before the latest; N from 0: the restart number, within the newest uid. Default `latest`. */
  instance?: 'latest' | 'all' | number;
  /** RFC 3339; inclusive. */
  since?: string;
  sinceSeconds?: number;
  /** RFC 3339; exclusive. */
  until?: string;
  /** The last so many lines of each container (with `grep`: the last so many that match, with their context). */
  tail?: number;
  stream?: 'stdout' | 'stderr';
  /** RE2 syntax; sought in each line by itself. */
  grep?: string;
  ignoreCase?: boolean;
  invert?: boolean;
  before?: number;
  after?: number;
  /** Lines of a container come until they hold at least so many bytes, newlines included. */
  limitBytes?: number;
  follow?: boolean;
  /** Refuse to follow more containers than this. */
  followedMax?: number;
  resume?: Resume;
}

/** Where an answer that broke off goes on: the last cursor, and how many lines came after it. */
export interface Resume {
  cursor: Cursor;
  skip: number;
}

/**
 * A position in an answer. `history`: at the beginning of the lines stored up to and including `sequence`;
 * `live`: after everything stored up to and including it.
 */
export interface Cursor {
  phase: 'history' | 'live';
  sequence: number;
  /** The instances that were chosen when the request was made, and the store's position then. */
  ids: string[];
  startSequence: number;
  /** Nanoseconds since 1970 as decimal text; what `since` or `sinceSeconds` came to. */
  since: string | null;
}

/** What lines name by its index. */
export interface InstanceDeclaration {
  index: number;
  id: string;
  namespace: string;
  pod: string;
  podUid: string;
  node: string;
  container: string;
  attempt: number;
}

export interface InstanceGap {
  reason: string;
  /** Null where it is not known. */
  bytes: number | null;
  noticedAt: string;
}

/** An instance as clients see it; times are RFC 3339, null is "not known". */
export interface InstanceEntry {
  id: string;
  namespace: string;
  pod: string;
  node: string;
  key: { cluster: string; podUid: string; container: string; attempt: number };
  containerKind: string | null;
  containerId: string | null;
  image: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  exitCode: number | null;
  signal: number | null;
  reason: string | null;
  message: string | null;
  firstTime: string | null;
  lastTime: string | null;
  lineCount: number;
  textBytes: number;
  excludedBytes: number;
  lagBytes: number | null;
  ended: boolean;
  gaps: InstanceGap[];
  labels: Record<string, string>;
  owners: { kind: string; name: string }[];
  phase: string | null;
  podReason: string | null;
  podDeletedAt: string | null;
}

export interface InstancesAnswer {
  instances: InstanceEntry[];
  /** There were more than could be listed. */
  truncated: boolean;
}

/** `incomplete` says that lines are missing or late, `selection` how the request was understood. */
export interface Notice {
  kind: 'selection' | 'incomplete';
  message: string;
}
