import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerRecord } from '../runtime/protocol.ts';
import type { ContainerSpec, Pod } from './pod.ts';

/** Kubernetes reads at most this much of a termination message. */
const messageBytesMax = 4096;
const fallbackBytesMax = 2048;
const fallbackLinesMax = 80;

export function logDirectoryName({ metadata }: Pod): string {
  return `${metadata.namespace}_${metadata.name}_${metadata.uid}`;
}

/** Where a pod's files are: its logs as kubelet names them, and what the kubelet itself keeps for it. */
export class PodFiles {
  readonly logDirectory: string;
  readonly directory: string;

  constructor(pod: Pod, logRoot: string, podsDirectory: string) {
    this.logDirectory = join(logRoot, logDirectoryName(pod));
    this.directory = join(podsDirectory, pod.metadata.uid);
  }

  get volumeDirectory(): string {
    return join(this.directory, 'volumes');
  }

  logPath(container: string, attempt: number): string {
    return join(this.logDirectory, container, `${attempt}.log`);
  }

  /** The attempt after the last one that left a log; 0 if none did. A runtime whose records are lost must not write into an old file. */
  nextAttempt(container: string): number {
    const directory = join(this.logDirectory, container);
    if (!existsSync(directory)) return 0;
    const numbers = readdirSync(directory).map((name) => Number.parseInt(name, 10));
    return Math.max(-1, ...numbers.filter((number) => number >= 0)) + 1;
  }

  /** An empty file for the container to write its last words into. */
  messageFile(container: string, id: string): string {
    const path = this.#messagePath(container, id);
    mkdirSync(join(this.directory, 'containers', container), { recursive: true });
    writeFileSync(path, '');
    // Whatever the umask is: the container may run as any user.
    chmodSync(path, 0o666);
    return path;
  }

  /** What the container left as its termination message, per its terminationMessagePolicy. */
  terminationMessage(container: ContainerSpec | undefined, record: ContainerRecord): string {
    const path = this.#messagePath(record.name, record.id);
    const text = existsSync(path) ? readFileSync(path).subarray(0, messageBytesMax).toString() : '';
    const fallback = container?.terminationMessagePolicy === 'FallbackToLogsOnError' && record.exitCode !== 0;
    return text === '' && fallback ? lastLines(record.logPath) : text;
  }

  forgetContainer(record: ContainerRecord): void {
    rmSync(this.#messagePath(record.name, record.id), { force: true });
  }

  removeLogs(): void {
    rmSync(this.logDirectory, { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #messagePath(container: string, id: string): string {
    return join(this.directory, 'containers', container, id.slice(0, 8));
  }
}

function lastLines(logPath: string): string {
  if (!existsSync(logPath)) return '';
  const records = readFileSync(logPath, 'latin1')
    .split('\n')
    .slice(-fallbackLinesMax - 1);
  const text = records
    .filter((record) => record !== '')
    .map((record) => {
      const [, , tag = 'F', ...rest] = record.split(' ');
      return rest.join(' ') + (tag.startsWith('P') ? '' : '\n');
    })
    .join('');
  return Buffer.from(text.slice(-fallbackBytesMax), 'latin1').toString();
}
