/** What the kubelet's names mean: `<root>/<namespace>_<pod>_<uid>/<container>/<attempt>.log[.<YYYYMMDD-HHMMSS>[.gz]]`. */
export interface PodDirectoryName {
  namespace: string;
  pod: string;
  /** The API's uid; for a static pod the hash of its configuration. */
  podUid: string;
}

export interface LogFileName {
  attempt: number;
  /** Local time of the rotation as the kubelet wrote it; null for the file that is being written. */
  stamp: string | null;
  gz: boolean;
}

const POD_DIRECTORY = /^([^_/]+)_([^_/]+)_([^_/]+)$/;
const LOG_FILE = /^(\d{1,9})\.log(?:\.(\d{8}-\d{6})(\.gz)?)?$/;

export function parsePodDirectory(name: string): PodDirectoryName | undefined {
  const match = POD_DIRECTORY.exec(name);
  if (!match) return undefined;
  return { namespace: match[1]!, pod: match[2]!, podUid: match[3]! };
}

export function parseLogFile(name: string): LogFileName | undefined {
  const match = LOG_FILE.exec(name);
  if (!match) return undefined;
  return { attempt: Number(match[1]), stamp: match[2] ?? null, gz: match[3] !== undefined };
}

/** While it compresses a rotated file, the kubelet writes to a name that ends in `.tmp`; it renames it when it is whole. */
export function isTemporary(name: string): boolean {
  return name.endsWith('.tmp');
}
