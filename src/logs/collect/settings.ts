/** What can be set about collecting; every value is a limit or a time with its unit in its name. */
export interface CollectSettings {
  /** Longer lines are cut here and marked. */
  lineBytesMax: number;
  /** Bytes of unfinished lines that all instances together may hold. */
  pendingBytesMax: number;
  /** How much of a file is read in one turn, and so about how large a batch is. */
  chunkBytes: number;
  /** A container that writes little is read at most this often. */
  batchAgeMs: number;
  /** How often an open file is looked at while it grows fast, and when it is quiet and cannot be watched. */
  pollActiveMs: number;
  pollIdleMs: number;
  /** How often about quiet files and directories are looked at anew, since events can be lost. */
  reconcileMs: number;
  /** A superseded file is taken to be complete when it has not grown for this long. */
  settleMs: number;
  /** How long the lines of a new instance wait for its pod's metadata. */
  metadataWaitMs: number;
  /** What happens after that: lines go out although an exclusion might exist, or they go on waiting. */
  onMetadataTimeout: 'ship' | 'hold';
  /** How many files of a container the kubelet keeps (its containerLogMaxFiles), to judge whether earlier ones may be gone. */
  rotatedFilesMax: number;
  /** Disk for copies of log files that would vanish before the server has them. */
  spoolBytesMax: number;
  /** With --once, an unfinished last line older than this is taken to be final. */
  onceQuietMs: number;
}

export const defaultCollectSettings: CollectSettings = {
  lineBytesMax: 256 * 1024,
  pendingBytesMax: 16 * 1024 * 1024,
  chunkBytes: 1024 * 1024,
  batchAgeMs: 250,
  pollActiveMs: 100,
  pollIdleMs: 500,
  reconcileMs: 20_000,
  settleMs: 500,
  metadataWaitMs: 5000,
  onMetadataTimeout: 'ship',
  rotatedFilesMax: 5,
  spoolBytesMax: 1024 * 1024 * 1024,
  onceQuietMs: 5000,
};
