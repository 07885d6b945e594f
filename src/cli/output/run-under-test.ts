import { ReceivedRun } from '../../logs/serve/protocol.ts';
import type { ShownRun } from '../commands/logs-stream.ts';

export interface LineSpec {
  bytes: Buffer;
  flags: number;
  container: string;
}

/** A run of one line, written at noon on the last day of 2025. */
export function runOf({ bytes, flags, container }: LineSpec): ShownRun {
  const columns = Buffer.alloc(13);
  columns.writeBigInt64LE(1_767_182_400_120_000_000n, 0);
  columns.writeUInt32LE(bytes.length, 8);
  columns[12] = flags;
  const instance = {
    index: 0,
    id: container,
    namespace: 'shop',
    pod: 'web',
    podUid: 'u',
    node: 'n',
    container,
    attempt: 2,
  };
  return { instance, run: new ReceivedRun(0, 1, columns, Buffer.concat([bytes, Buffer.from('\n')])) };
}
