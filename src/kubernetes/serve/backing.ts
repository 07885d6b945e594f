import type { KubeObject } from '../client/client.ts';
import type { FieldSelector, LabelSelector } from '../selector/selector.ts';
import type { Answer, ApiRequest, ResourceInfo } from './api.ts';
import type { Column } from './table.ts';

/** Which object a request is about; empty texts where it names none. */
export interface Target {
  namespace: string;
  name: string;
}

export interface Selection {
  labels: LabelSelector;
  fields: FieldSelector;
}

export interface ListOptions {
  selection: Selection;
  /** 0: no limit but the server's own. */
  limit: number;
  continueToken: string;
  /** Undefined: the newest state; 0: any state. */
  resourceVersion: number | undefined;
  match: '' | 'Exact' | 'NotOlderThan';
}

export interface ObjectList {
  items: KubeObject[];
  resourceVersion: string;
  continueToken?: string;
  remainingItemCount?: number;
}

export interface WriteOptions {
  dryRun: boolean;
  fieldValidation: 'Ignore' | 'Warn' | 'Strict';
}

export interface DeleteOptions {
  dryRun: boolean;
  gracePeriodSeconds: number | undefined;
  propagation: 'Orphan' | 'Background' | 'Foreground' | undefined;
  preconditions: { uid?: string; resourceVersion?: string };
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface PatchOptions extends WriteOptions {
  type: PatchType;
  patch: unknown;
  force: boolean;
}

export interface WatchOptions {
  selection: Selection;
  /** Undefined or 0: begin with what is there as ADDED. */
  resourceVersion: number | undefined;
  /** What is there as ADDED, then a bookmark that says so. */
  sendInitialEvents: boolean;
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';

/** Where a watch's events go, in the order of resource versions. */
export interface WatchSink {
  /** `resourceVersion` is the event's own; the object may be shared and must not be changed. */
  event(type: WatchEventType, object: KubeObject): void;
}

/** A watch that runs; `bookmark` gives the version up to which everything has been told. */
export interface RunningWatch {
  resourceVersion(): string;
  stop(): void;
}

/** What stands behind a resource. A verb that is not there is answered with 405. All reject with StatusError or Fault. */
export interface Backing {
  get?(request: ApiRequest, target: Target): Promise<KubeObject>;
  list?(request: ApiRequest, target: Target, options: ListOptions): Promise<ObjectList>;
  /** Calls the sink from within for what is there already. */
  watch?(request: ApiRequest, target: Target, options: WatchOptions, sink: WatchSink): RunningWatch;
  create?(request: ApiRequest, target: Target, object: KubeObject, options: WriteOptions): Promise<KubeObject>;
  update?(request: ApiRequest, target: Target, object: KubeObject, options: WriteOptions): Promise<KubeObject>;
  /** `created` tells 201 from 200: an apply may create. */
  patch?(request: ApiRequest, target: Target, options: PatchOptions): Promise<{ object: KubeObject; created: boolean }>;
  delete?(request: ApiRequest, target: Target, options: DeleteOptions): Promise<KubeObject | object>;
  deleteCollection?(
    request: ApiRequest,
    target: Target,
    list: ListOptions,
    options: DeleteOptions,
  ): Promise<ObjectList>;
  subresources?: Readonly<Record<string, SubresourceBacking>>;
}

/** A subresource: an object in its own shape (scale, status), or something that is done (eviction), or a stream (log). */
export interface SubresourceBacking {
  /** What follows in the path is its own affair (proxy), and is in the request's `rest`. */
  takesPath?: true;
  get?(request: ApiRequest, target: Target): Promise<Answer>;
  create?(request: ApiRequest, target: Target, object: KubeObject, options: WriteOptions): Promise<Answer>;
  update?(request: ApiRequest, target: Target, object: KubeObject, options: WriteOptions): Promise<Answer>;
  patch?(request: ApiRequest, target: Target, options: PatchOptions): Promise<Answer>;
}

/** A resource as it is served: what discovery tells, how it prints, and what stands behind it. */
export interface Resource {
  info: ResourceInfo;
  columns: readonly Column[];
  backing: Backing;
}
