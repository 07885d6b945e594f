import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import { Fault } from '../base/fault.ts';
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
  const token = options.tokenFile === undefined ? {} : { token: readFileSync(options.tokenFile, 'utf8').trim() };
  if (options.server) return { url: options.server, ...token };
  const path = join(options.dataDir, serverFileName);
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as ServerFile;
    return { url: new URL(file.url), ...token };
  } catch (error) {
    throw new Fault('unavailable', `no server is running on ${options.dataDir}`, {
      cause: error,
      hint: 'start one with "taffrail up", or name one with --server URL or --data-dir DIR',
    });
  }
}
