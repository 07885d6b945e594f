import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import { Fault, messageOf } from '../base/fault.ts';
import { type ServerFile, serverFileName } from '../processes/server-file.ts';
import { url } from './values.ts';

export interface ServerAddress {
  url: URL;
  token?: string;
}

export interface ServerOptions {
  server?: URL;
  dataDir: string;
  tokenFile?: string;
}

export const defaultDataDir = '.taffrail';

/** The flags by which a reading command finds its server. */
export function serverOptions(): Option[] {
  return [
    new Option('--server <url>', 'address of the Taffrail server (default: the one running on the data directory)')
      .argParser(url)
      .env('TAFFRAIL_SERVER'),
    new Option('--data-dir <dir>', 'data directory of the running server')
      .default(defaultDataDir)
      .env('TAFFRAIL_DATA_DIR'),
    new Option('--token-file <file>', 'file with the bearer token for the server').env('TAFFRAIL_TOKEN_FILE'),
  ];
}

/** Throws Fault `unavailable` when no server is named and none has left its address. Read again, it finds a restarted server. */
export function resolveServer(options: ServerOptions): ServerAddress {
  const token = options.tokenFile === undefined ? {} : { token: tokenIn(options.tokenFile) };
  if (options.server) return { url: options.server, ...token };
  const path = join(options.dataDir, serverFileName);
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as ServerFile;
    return { url: new URL(file.url), ...token };
  } catch (error) {
    // Not "none is running": another user's may well be.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new Fault('unavailable', `the address of the server cannot be read: ${messageOf(error)}`, {
        cause: error,
        hint: 'run this as the user who started it, or name the server with --server URL',
      });
    throw new Fault('unavailable', `no server is running on ${options.dataDir}`, {
      cause: error,
      hint: 'start one with "taffrail up", or name one with --server URL or --data-dir DIR',
    });
  }
}

function tokenIn(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Fault('usage', `--token-file: ${messageOf(error)}`, { cause: error });
  }
}
