import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../telemetry/telemetry.ts';
import type { CollectMetrics } from './metrics.ts';
import { isTemporary, parseLogFile } from './names.ts';
import { type FoundFile, fileId } from './source.ts';

/** Names that were complained about are remembered up to here, so that each is said once. */
const saidMax = 1000;

/** Lists directories of logs, and says once of each thing that is in the way. */
export class Listing {
  readonly #log: Logger;
  readonly #metrics: CollectMetrics;
  readonly #said = new Set<string>();

  constructor(log: Logger, metrics: CollectMetrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** The log files of a container; undefined where the directory cannot be read. */
  files(directory: string): FoundFile[] | undefined {
    const names = this.#names(directory);
    if (!names) return undefined;
    const files: FoundFile[] = [];
    for (const name of names) {
      if (isTemporary(name)) continue;
      const path = join(directory, name);
      const parsed = parseLogFile(name);
      if (!parsed) {
        this.complain('odd-name', path, 'the name is not <attempt>.log[.<YYYYMMDD-HHMMSS>[.gz]]');
        continue;
      }
      const file = this.#statFile(path);
      if (file) files.push({ path, ...parsed, ...file });
    }
    return files;
  }

  subdirectories(directory: string): string[] {
    try {
      return readdirSync(directory, { withFileTypes: true })
        .filter(
          (entry) =>
            entry.isDirectory() || (entry.isSymbolicLink() && this.#leadsToDirectory(join(directory, entry.name))),
        )
        .map((entry) => entry.name);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') this.complain('unreadable', directory, String(error));
      return [];
    }
  }

  /** Counts the first time that something is in the way, and says it. */
  complain(kind: string, path: string, why: string): void {
    const key = `${kind} ${path}`;
    if (this.#said.has(key)) return;
    if (this.#said.size >= saidMax) this.#said.clear();
    this.#said.add(key);
    this.#metrics.troubles.add(1, { kind });
    this.#log.warn('skipped in the log directory', { kind, path, why });
  }

  #statFile(path: string): Pick<FoundFile, 'id' | 'size' | 'mtimeMs' | 'birthtimeMs'> | undefined {
    try {
      const stat = statSync(path, { bigint: true });
      if (!stat.isFile()) {
        this.complain('not-a-file', path, 'it is neither a file nor a link to one');
        return undefined;
      }
      if (isDockerJson(path)) {
        this.complain(
          'docker-json',
          path,
          'it leads to a Docker JSON file; set the container runtime to write CRI logs',
        );
        return undefined;
      }
      const { dev, ino, size, mtimeMs, birthtimeMs } = stat;
      return {
        id: fileId({ dev, ino }),
        size: Number(size),
        mtimeMs: Number(mtimeMs),
        birthtimeMs: Number(birthtimeMs),
      };
    } catch (error) {
      if (codeOf(error) === 'ELOOP') this.complain('symlink-loop', path, 'its symbolic links lead in a circle');
      else if (codeOf(error) !== 'ENOENT') this.complain('unreadable', path, String(error));
      else if (isLink(path)) this.complain('dangling-symlink', path, 'its target does not exist');
      return undefined;
    }
  }

  #names(directory: string): string[] | undefined {
    try {
      return readdirSync(directory);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') this.complain('unreadable', directory, String(error));
      return undefined;
    }
  }

  #leadsToDirectory(path: string): boolean {
    try {
      return statSync(path).isDirectory();
    } catch (error) {
      this.complain(codeOf(error) === 'ELOOP' ? 'symlink-loop' : 'dangling-symlink', path, String(error));
      return false;
    }
  }
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function isDockerJson(path: string): boolean {
  return isLink(path) && realpathSync(path).endsWith('-json.log');
}
