import type { Option } from 'commander';
import { Fault } from '../base/fault.ts';
import type { ServerSettings } from '../processes/server.ts';
import { setting } from './settings.ts';
import { bytes, durationMs, port } from './values.ts';

const dayMs = 86_400_000;
const gibibyte = 2 ** 30;

/** What both `server` and `up` can be told about the people's port and the store. */
export function storeSettings(): Option[] {
  return [
    setting('--data-dir <dir>', 'where everything is kept', { default: '.taffrail' }),
    setting('--port <port>', 'port for people and tools; 0 takes any free one', { parse: port, default: 7100 }),
    setting('--retention <duration>', 'how long lines are kept; 0 keeps them for ever', {
      parse: durationMs,
      default: 7 * dayMs,
      shown: '7d',
    }),
    setting('--retention-size <size>', 'how much disk the store may take; 0 sets no limit', {
      parse: bytes,
      default: 10 * gibibyte,
      shown: '10Gi',
    }),
  ];
}

/** What only a server of its own can be told: how other machines reach it. */
export function listenerSettings(): Option[] {
  return [
    setting('--host <address>', 'address to listen on; anything but loopback wants --tokens-file', {
      default: '127.0.0.1',
    }),
    setting('--tokens-file <file>', 'YAML file of bearer tokens and what each may do'),
    setting('--tls-cert <file>', 'certificate to serve with, PEM'),
    setting('--tls-key <file>', 'its private key, PEM'),
  ];
}

export interface StoreFlags {
  dataDir: string;
  port: number;
  retention: number;
  retentionSize: number;
}

export interface ListenerFlags {
  host: string;
  tokensFile?: string;
  tlsCert?: string;
  tlsKey?: string;
}

export function serverSettings(flags: StoreFlags & ListenerFlags): ServerSettings {
  const { tlsCert, tlsKey } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new Fault('usage', '--tls-cert and --tls-key go together');
  return {
    dataDir: flags.dataDir,
    host: flags.host,
    port: flags.port,
    ...(flags.tokensFile !== undefined && { tokensFile: flags.tokensFile }),
    ...(tlsCert !== undefined && tlsKey !== undefined && { tls: { certFile: tlsCert, keyFile: tlsKey } }),
    retention: { ageMs: flags.retention || null, bytesMax: flags.retentionSize || null },
  };
}
