import type { Nanos } from '../../base/nanotime.ts';
import type { LabelRecord, LineColumns } from '../batch/batch.ts';
import type { BlockPlace, LineRange, ReadRange, Scope } from './store.ts';

/**
 * Streams that somebody pushed (Loki, OTLP, …), beside the instances that agents read. What they say of themselves is asserted,
 * not attested: they are never among the instances, and a `namespace` among their labels is one that their writer may name.
 */

/** Hex of a hash over tenant and labels: the same labels give the same id, in every store. */
export type PushedStreamId = string;

/** Who pushes, as far as it decides what may be pushed. */
export interface PushWriter {
  name: string;
  /** What the label `namespace` of a stream may be. A stream without it may be pushed by everyone who may push. */
  namespaces: '*' | readonly string[];
}

/** Belongs to the store, and to the labels that it was handed over with. */
export interface StreamMemo {
  tenant: string | undefined;
  id: PushedStreamId | undefined;
}

/**
 * Lines of one stream, in any order and of any age. Line `i` is `bytes[from[i], to[i])`, and may hold newlines. Streams may share
 * the columns; the store is done with them when `push` has resolved.
 */
export interface PushedStreamLines extends LineColumns {
  /** Names and values that are not empty; `namespace` is what scopes are compared with. */
  labels: LabelRecord;
  /** Is kept by who pushes the same labels again: here the store notes how it names their stream. */
  memo?: StreamMemo;
  /** Where the lines that are meant begin. Missing: with the columns. */
  lineFrom?: number;
}

export interface PushOutcome {
  /** Lines that are new, and durable. */
  stored: number;
  /** Lines that were recognised as repeated: they are held already. */
  held: number;
  /** Lines from before their stream was deleted on purpose; they are dropped. */
  deleted: number;
  /** Streams of which nothing was taken, by their index. */
  refused: { index: number; reason: 'namespace'; message: string }[];
}

export interface PushedStream {
  id: PushedStreamId;
  tenant: string;
  labels: LabelRecord;
  /** What marks it in every listing: nobody has vouched for what its labels say. */
  provenance: 'asserted';
  /** Earliest and latest time of a stored line. */
  firstTime: Nanos;
  lastTime: Nanos;
  lineCount: number;
  /** Text bytes, newlines included. */
  textBytes: number;
  /** Position of its newest lines in the order of all that was stored. */
  lastSequence: number;
}

/** Only streams that have a line in [since, until), as far as their first and last line tell. */
export interface PushedFilter {
  since?: Nanos;
  until?: Nanos;
  ids?: readonly PushedStreamId[];
  wants?(labels: LabelRecord): boolean;
  /** Not by id: putting a hundred thousand of them in order takes longer than finding them. */
  isInAnyOrder?: boolean;
}

/** Lines of one stream that came together (or in several pushes that were merged). The arrays belong to the store. */
export interface PushedBlock {
  stream: PushedStreamId;
  /** The position in the order of all that was stored, of the last push that is in this block. */
  sequence: number;
  timeMin: Nanos;
  timeMax: Nanos;
  /** Line `i` is `text[starts[i], starts[i + 1] - 1)`: its newline is not part of it. By time, within what one push brought. */
  text: Buffer;
  starts: Uint32Array;
  times: BigInt64Array;
  metadata: { sets: readonly LabelRecord[]; of: Uint32Array };
}

/** A block of a pushed stream without its lines; as `ListedBlock`. Blocks of many streams lie at one place. */
export interface ListedPushed {
  stream: PushedStreamId;
  timeMin: Nanos;
  timeMax: Nanos;
  lineCount: number;
  sequences: readonly number[];
  place: BlockPlace;
  /** Text of all that lies at the place. */
  placeTextBytes: number;
  ranges: readonly LineRange[];
  /** Set where more lies at the place than is meant: it is read, and counted, through the store alone. */
  throughStore?: true;
}

export interface PushedStore {
  /**
   * Stores lines that have no positions; resolves when they are on disk (group commit). May be called again with the same lines: a line is
   * known by its stream, its time, its bytes and how many times it occurs in the call, so a repeat is not doubled and genuine repeats
   * within a call stay; docs/decisions/pushed-repeats.md says how far back it looks.
   * Rejects with Fault `disk-full`, `overloaded` or `unavailable`; then nothing of the call is acknowledged.
   */
  push(tenant: string, writer: PushWriter, entries: readonly PushedStreamLines[]): Promise<PushOutcome>;

  /** Streams whose label `namespace` is in the scope; with a scope of all namespaces, also those without it. By id. */
  pushedStreams(scope: Scope, filter?: PushedFilter): PushedStream[];

  /** Of the same streams the labels alone, in no order, each stream's the same object every time: who lists names and values needs no more. */
  pushedLabels(scope: Scope, filter?: PushedFilter): LabelRecord[];

  /** The blocks of one stream, by their earliest time (backward: by their latest, latest first); they may overlap. */
  readPushed(scope: Scope, stream: PushedStreamId, range: ReadRange): AsyncIterable<PushedBlock>;

  /** What `readPushed` would give, in no order: nothing is opened. */
  listPushed(
    scope: Scope,
    stream: PushedStreamId,
    range: Pick<ReadRange, 'since' | 'until' | 'throughSequence'>,
  ): ListedPushed[];

  /** The lines of a listed block: usually one block, more where it was merged in between, none where it is gone. */
  readListedPushed(scope: Scope, block: ListedPushed): AsyncIterable<PushedBlock>;

  /** As `follow`, for pushed streams. */
  followPushed(
    scope: Scope,
    after: number,
    wants: (stream: PushedStream) => boolean,
    signal: AbortSignal,
  ): AsyncIterable<PushedBlock>;

  /** Deletes on purpose, durably: a repeated push does not bring the lines back. */
  deletePushed(scope: Scope, ids: readonly PushedStreamId[]): Promise<void>;
}
