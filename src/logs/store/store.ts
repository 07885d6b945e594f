/**
 * The door of the store: durable, idempotent, scoped. The implementation is in the files beside this one.
 */
import type { Nanos } from '../../base/nanotime.ts';
import type {
  DecodedLines,
  Frame,
  FrameResult,
  GapFact,
  InstanceId,
  InstanceKey,
  PodFact,
  ResolveRequest,
  ResolveResponse,
} from '../batch/batch.ts';

import type { PushedStore } from './pushed-streams.ts';

export type * from './pushed-streams.ts';

/** Who asks. Every read takes one; nothing outside it is ever returned, counted or hinted at. */
export interface Scope {
  tenant: string;
  namespaces: '*' | readonly string[];
}

/** A part of an instance that is known to be missing. */
export type Gap = Omit<GapFact, 'kind' | 'instance'>;

/** One run of one container, with all that is known of it. Null is "not known". */
export interface Instance {
  id: InstanceId;
  key: InstanceKey;
  tenant: string;
  namespace: string;
  pod: string;
  node: string;
  containerKind: 'regular' | 'init' | 'sidecar' | 'ephemeral' | null;
  containerId: string | null;
  image: string | null;
  startedAt: Nanos | null;
  finishedAt: Nanos | null;
  exitCode: number | null;
  signal: number | null;
  reason: string | null;
  message: string | null;
  /** Earliest and latest time of a stored line; null while there is none. */
  firstTime: Nanos | null;
  lastTime: Nanos | null;
  lineCount: number;
  /** Text bytes, newlines included. */
  textBytes: number;
  /** Open gaps only, in file order. */
  gaps: Gap[];
  /** Ranges left out on purpose, if any. */
  excludedBytes: number;
  /** Bytes on the node that were not acknowledged when the agent last said so; null where no agent has said anything. */
  lagBytes: number | null;
  /** Whether the agent has said that everything was shipped and no more will come. */
  ended: boolean;
  /** The pod as last seen; null before any metadata came. */
  podFact: PodFact | null;
  /** When the store first heard of it, as a position in the order of all that was stored. */
  firstSequence: number;
}

/** Every condition given must hold. Results are ordered by start (or first line, or arrival), over all uids. */
export interface InstanceFilter {
  namespace?: string;
  pod?: string;
  podUid?: string;
  container?: string;
  /** Matches any owner in the chain, the derived Deployment included; kind is compared in lower case. */
  workload?: { kind: string; name: string };
  /** Called with the pod's labels (empty where none are known). */
  labels?: (labels: Record<string, string>) => boolean;
  /** Only instances that have a line, or may have one, at or after / before this time. */
  since?: Nanos;
  until?: Nanos;
  ids?: readonly InstanceId[];
  limit?: number;
}

/** Lines that were appended together, in the order of the file; what one batch (or several merged ones) became. */
export interface LineBlock extends DecodedLines {
  instance: InstanceId;
  /** The position in the order of all that was stored, of the last batch that is in this block. */
  sequence: number;
  timeMin: Nanos;
  timeMax: Nanos;
}

/** Where the record of a block lies, for threads that read it themselves (block-file.ts): merging may move it at any time. */
export interface BlockPlace {
  path: string;
  offset: number;
  bytes: number;
}

/** Lines of a block: from (inclusive) to (exclusive). */
export type LineRange = readonly [from: number, to: number];

/** A block without its lines, as it was listed; `readListed` finds its lines also where it has become part of another meanwhile. */
export interface ListedBlock {
  instance: InstanceId;
  timeMin: Nanos;
  timeMax: Nanos;
  lineCount: number;
  textBytes: number;
  /** Positions of the batches in it, in the order of all that was stored. */
  sequences: readonly number[];
  place: BlockPlace;
  /** Which lines of the block at that place are meant, in order: all, unless the range leaves batches out. */
  ranges: readonly LineRange[];
  /** Set where more lies at the place than is meant: it is read, and counted, through the store alone. */
  throughStore?: true;
}

/**
 * Whether a follower goes on with an instance; asked once an instance, and again when its facts change. Where nothing is known yet of what
 * decides it, as the labels of its pod, a follower waits at a new instance for a few seconds.
 */
export type Wants = (instance: Instance) => boolean | 'undecided';

export interface ReadRange {
  /** Blocks that end before `since` or begin at or after `until` are left out; lines within a block are not filtered. */
  since?: Nanos;
  until?: Nanos;
  /** Only what was stored up to and including this position: a read that goes over into following begins with one. */
  throughSequence?: number;
  direction: 'forward' | 'backward';
}

export interface StoreStatus {
  epoch: string;
  /** Position of the newest durable record. */
  sequence: number;
  instances: number;
  /** Streams that were pushed and have lines. */
  pushedStreams: number;
  blocks: number;
  /** Bytes on disk in packs and catalogue, and the text that they hold. */
  diskBytes: number;
  textBytes: number;
  /** Of that, what has become compact. */
  compactTextBytes: number;
  lineCount: number;
  /** Set while the store refuses to append, with the reason (disk full, …). */
  refusing: string | null;
  retention: { ageMs: number | null; bytesMax: number | null };
}

export interface LogStore extends PushedStore {
  readonly epoch: string;

  /** Finds or makes the instances that an agent has files of, and says what is already held. */
  resolve(tenant: string, request: ResolveRequest): Promise<ResolveResponse>;

  /**
   * Appends frames; resolves when all are on disk (group commit). Results are in the order of the frames. May be called
   * again with the same frames: what is held is not doubled. The frames' buffers belong to the store until it resolves.
   * Rejects with Fault `disk-full` or `overloaded`; then nothing of the call is acknowledged.
   */
  append(tenant: string, frames: readonly Frame[]): Promise<FrameResult[]>;

  instances(scope: Scope, filter: InstanceFilter): Instance[];

  /** Another one as soon as anything that is listed may be different: instances, pushed streams, blocks. */
  revision(): string;

  /** The blocks of one instance in file order (or the reverse; lines within a block stay in file order). */
  read(scope: Scope, instance: InstanceId, range: ReadRange): AsyncIterable<LineBlock>;

  /** What `read` would give, by when it was written and how much it is, in no order: nothing is opened. */
  list(
    scope: Scope,
    instance: InstanceId,
    range: Pick<ReadRange, 'since' | 'until' | 'throughSequence'>,
  ): ListedBlock[];

  /** The lines of a listed block: usually one block, more where it was merged in between, none where it is gone. */
  readListed(scope: Scope, block: ListedBlock): AsyncIterable<LineBlock>;

  /**
   * What is stored after position `after`, in that order, for instances that `wants` accepts. Goes on until the signal aborts. Never skips, never repeats; slow readers read from disk.
   */
  follow(scope: Scope, after: number, wants: Wants, signal: AbortSignal): AsyncIterable<LineBlock>;

  /** Deletes on purpose, durably: a re-read by an agent does not bring the lines back. */
  deleteInstances(scope: Scope, ids: readonly InstanceId[]): Promise<void>;

  status(): StoreStatus;

  /** Finishes what was begun, stops background work and closes; appends after this reject with Fault `unavailable`. */
  close(): Promise<void>;
}
