import type { Controller } from './cgroup-mounts.ts';

/**
 * What kubelet and runtime say to each other over a unix socket: one JSON object a line, requests with an id and an
 * answer with the same id, and events without one. The runtime outlives the kubelet, so the protocol has a version.
 */
export const protocolVersion = 2;

/** A longer line ends the connection. */
export const messageBytesMax = 16 * 1024 * 1024;

export interface ContainerMount {
  hostPath: string;
  containerPath: string;
  readOnly: boolean;
  /** The source is a file, not a directory. */
  file: boolean;
}

export interface ContainerLabels {
  podUid: string;
  podNamespace: string;
  podName: string;
  name: string;
  /** How often the container was restarted before: the number in the log's file name. */
  attempt: number;
  kind: 'init' | 'sidecar' | 'regular';
  /** Tells whether the container still runs what the pod's specification says. */
  specHash: string;
  /** Who the container's processes are; absent: whoever the runtime is. Only where the isolation says `identities`. */
  identity?: Identity;
}

export interface Identity {
  user?: { uid: number; gid: number; groups: number[] };
  /** What setpriv is told of the capabilities: `-all`, `-net_raw`, `+net_bind_service`. */
  drop?: string[];
  noNewPrivileges?: boolean;
}

/** What a container asks of the machine, and may have at most. */
export interface ContainerResources {
  cpuRequestMilli?: number;
  cpuLimitMilli?: number;
  memoryLimitBytes?: number;
}

/** The cgroups that a container is in, by controller; version 2 has one for all. */
export interface CgroupPlacement {
  version: 1 | 2;
  directories: Partial<Record<Controller, string>>;
  /** As they were set. */
  limits: { cpuShares: number; cpuQuotaUs?: number; memoryLimitBytes?: number };
}

export interface CgroupSupport {
  version: 1 | 2;
  controllers: Controller[];
}

/** What the kubelet asks to be run. `id` is 64 hexadecimal digits of its choosing; asking again with the same id is refused. */
export interface ContainerRequest extends ContainerLabels {
  id: string;
  argv: string[];
  env: [name: string, value: string][];
  workingDir: string;
  hostname: string;
  mounts: ContainerMount[];
  logPath: string;
  logSizeBytesMax: number;
  logFilesMax: number;
  resources?: ContainerResources;
}

export interface ContainerRecord extends ContainerLabels {
  id: string;
  state: 'created' | 'running' | 'exited';
  logPath: string;
  createdAtMs: number;
  /** Of the container's first process, seen from the host. */
  pid?: number;
  /** Absent where the runtime may not make any. */
  cgroup?: CgroupPlacement;
  startedAtMs?: number;
  finishedAtMs?: number;
  exitCode?: number;
  signal?: number;
  /** Completed, Error, OOMKilled, StartError, ContainerStatusUnknown. */
  reason?: string;
  message?: string;
  /** The pod's sandbox it belonged to is gone with an earlier runtime: the pod begins anew, init containers first. */
  sandboxLost?: true;
}

/** What this machine lets the runtime do. */
export interface Isolation {
  /** Containers have a mount namespace of their own, so that volumes can be mounted. */
  mounts: boolean;
  /** The container is process 1 of a pid namespace. */
  pids: boolean;
  /** Through a user namespace, in which an ordinary user is root. */
  users: boolean;
  proc: boolean;
  /** Containers may run as another user and with fewer privileges. */
  identities: boolean;
  /** The kernel kills containers when the runtime dies. */
  parentDeathSignal: boolean;
  /** Containers are accounted and limited by the kernel; else the text says why not. */
  cgroups?: CgroupSupport | string;
  /** Why something is missing, and what to do about it. */
  reason?: string;
}

export interface ExecResult {
  exitCode: number;
  /** The first `execOutputBytesMax` bytes of both streams. */
  output: string;
  timedOut: boolean;
}
export const execOutputBytesMax = 10 * 1024;

export interface RuntimeMethods {
  version: { params: Record<string, never>; result: { protocolVersion: number; pid: number; isolation: Isolation } };
  list: { params: Record<string, never>; result: ContainerRecord[] };
  /** Answers when the container's first process runs, or rejects with why it could not be started (the record is kept). */
  start: { params: ContainerRequest; result: ContainerRecord };
  /** SIGTERM, then SIGKILL after `graceMs`; answers when the container has ended. A shorter grace shortens an earlier one. */
  stop: { params: { id: string; graceMs: number }; result: ContainerRecord };
  /** Forgets an ended container and, if asked, deletes its log files. */
  remove: { params: { id: string; logs: boolean }; result: null };
  exec: { params: { id: string; argv: string[]; timeoutMs: number }; result: ExecResult };
  /** Counters since the runtime started. */
  stats: { params: Record<string, never>; result: RuntimeStats };
  /** Stops everything and ends the process. */
  shutdown: { params: { graceMs: number }; result: null };
}

export interface RuntimeStats {
  logBytes: number;
  /** Output that never reached a log file because the disk stayed full until the container was removed. */
  lostBytes: number;
  /** How often reading was paused because the disk was full. */
  pauses: number;
  /** Bytes that wait for room at present. */
  pendingBytes: number;
}

export type MethodName = keyof RuntimeMethods;

export interface RequestMessage {
  id: number;
  method: MethodName;
  params: unknown;
}

export interface AnswerMessage {
  id: number;
  result?: unknown;
  error?: string;
}

export interface EventMessage {
  event: 'container';
  container: ContainerRecord;
}
