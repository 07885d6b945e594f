/**
 * What an agent and a store say to each other, as plain data. Carried by HTTP:
 *
 *   POST /taffrail/v1/agent/resolve   JSON ResolveRequest → ResolveResponse
 *   POST /taffrail/v1/agent/frames    frames one after another (frame.ts) → JSON FramesResponse, after all is on disk
 *
 * Errors are `{"error": {"code", "message"}}`; 429 and 503 carry Retry-After in seconds. 409 `conflict` means that the
 * epoch has changed: the store was started anew (perhaps from a backup), so the agent resolves again before it ships.
 * Requests carry `taffrail-epoch` (except the first resolve) and `authorization: Bearer …` where the server wants it.
 */
import type { InstanceId, InstanceKey, SegmentName } from './identity.ts';

/** Bytes of one segment, counted uncompressed: `from` inclusive, `to` exclusive. */
export interface Cover {
  segment: SegmentName;
  from: number;
  to: number;
  /** rangeHash of exactly these bytes. */
  hash: string;
}

/** A run of bytes that the store has dealt with; adjacent ones come joined. */
export interface HeldRange {
  from: number;
  to: number;
  /** Where the last piece of the run begins, and its hash: what an agent compares with the file to know it again. */
  tailFrom: number;
  tailHash: string;
}

export interface InstanceOffer {
  key: InstanceKey;
  namespace: string;
  pod: string;
  node: string;
  /** The CRI container id, once the API has told it. */
  containerId: string | null;
  /** Every segment of this instance that is on disk, oldest first. */
  segments: SegmentName[];
  /**
   * The instance that the agent itself saw these files belong to (it watched the rename), when it knows. The store then
   * goes on with that instance although none of the segments is known to it.
   */
  continues: InstanceId | null;
}

export interface ResolveRequest {
  agent: { node: string; version: string };
  offers: InstanceOffer[];
}

export interface ResolvedInstance {
  id: InstanceId;
  /** Tombstoned: deleted on purpose. The agent ships nothing of it and counts it as done. */
  deleted: boolean;
  segments: { segment: SegmentName; held: HeldRange[] }[];
}

export interface ResolveResponse {
  epoch: string;
  /** In the order of the offers. */
  instances: ResolvedInstance[];
}

/** Why something is missing. `late-start`: written before the agent came; `damaged`: the store had it and its disk lost it. */
export type GapReason =
  | 'late-start'
  | 'deleted-before-read'
  | 'rotated-away'
  | 'truncated'
  | 'spool-full'
  | 'unreadable'
  | 'metadata-timeout'
  | 'runtime-lost'
  | 'damaged';

/** A part that is known to be missing. Only an agent asserts one (`damaged` aside); lines that come later for the range revoke it. */
export interface GapFact {
  kind: 'gap';
  instance: InstanceId;
  /** The gap lies in this segment, from `from`; or, where segment is null, between `after` and `before`. */
  segment: SegmentName | null;
  from: number;
  /** Null where the length is not known. */
  to: number | null;
  after: SegmentName | null;
  before: SegmentName | null;
  reason: GapReason;
  /** RFC 3339; when the agent noticed. */
  noticedAt: string;
}

/** Bytes that were read and, on purpose, not kept. They count as covered. */
export interface ExcludedFact {
  kind: 'excluded';
  instance: InstanceId;
  covers: Cover[];
  reason: string;
}

/** What is known of an instance; later facts replace earlier ones field by field, null meaning "not known (yet)". */
export interface InstanceFact {
  kind: 'instance';
  instance: InstanceId;
  containerId?: string;
  containerKind?: 'regular' | 'init' | 'sidecar' | 'ephemeral';
  image?: string;
  startedAt?: string;
  finishedAt?: string;
  exitCode?: number;
  signal?: number;
  /** As in containerStatuses: Completed, Error, OOMKilled, … */
  reason?: string;
  message?: string;
}

/** What is known of a pod, by the uid of its directory. `workload` is the top of the owner chain as far as it is known. */
export interface PodFact {
  kind: 'pod';
  cluster: string;
  podUid: string;
  /** The API's uid, where it differs (static pods). */
  apiUid: string;
  namespace: string;
  name: string;
  node: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  owners: { kind: string; name: string; uid: string }[];
  /** Names in the order of the spec: regular, ephemeral, init. */
  containers?: string[];
  phase: string;
  /** As in status.reason: Evicted, …; empty when there is none. */
  reason: string;
  createdAt: string;
  deletedAt: string | null;
}

/** The files of an instance have reached their end and everything was shipped (`ended`), or it is being read (`live`). */
export interface ProgressFact {
  kind: 'progress';
  instance: InstanceId;
  state: 'live' | 'ended';
  /** Bytes that had been on disk for seconds and were not acknowledged, when this was said; what is under way does not count. */
  lagBytes: number;
}

export type Fact = GapFact | ExcludedFact | InstanceFact | PodFact | ProgressFact;

/**
 * `held`: the store has exactly this already. `overlap`: part of it; cut again around `held`. `unknown-instance`: resolve first.
 * `deleted`: tombstoned, drop it. `refused`: the frame is not acceptable as it is and never will be; `message` says why.
 */
export type FrameResult =
  | { status: 'stored' | 'held' | 'unknown-instance' | 'deleted' }
  | { status: 'overlap'; held: { segment: SegmentName; held: HeldRange[] }[] }
  | { status: 'refused'; message: string };

export interface FramesResponse {
  epoch: string;
  /** In the order of the frames. */
  results: FrameResult[];
}

export const limits = {
  /** Uncompressed text of one batch. */
  batchTextBytesMax: 4 * 1024 * 1024,
  /** One frame on the wire. */
  frameBytesMax: 8 * 1024 * 1024,
  /** Text of one frame that the store itself has made compact, and how many lines it has. */
  compactTextBytesMax: 8 * 1024 * 1024,
  compactLinesMax: 400_000,
  /** Such a frame as it is stored. */
  compactFrameBytesMax: 24 * 1024 * 1024,
  /** One request of frames. */
  requestBytesMax: 16 * 1024 * 1024,
  offersMax: 2000,
  factsPerFrameMax: 2000,
} as const;
