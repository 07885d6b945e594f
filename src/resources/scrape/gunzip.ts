import { crc32 } from 'node:zlib';
import { createMemory, type Instance, Module, PAGE_BYTES } from '../../base/webassembly.ts';
import { inflateModule } from './inflate-module.ts';

interface Exports {
  inflate(from: number, fromEnd: number, to: number, toEnd: number): number;
}

/** Of what is packed, and of what it unpacks to. More is zlib's affair. */
export const packedBytesMax = 64 * 1024;
export const unpackedBytesMax = 1024 * 1024;

const headBytes = 10;
const trailerBytes = 8;
/** gzip, deflated, and nothing else in the head. */
const plainHead = 0x00_08_8b_1f;

/** What inflate.as wants behind input and output, and before them. */
const slackBytes = 64;
const inputAt = 16 * 1024;
const outputAt = inputAt + packedBytesMax + slackBytes;
const memoryBytes = outputAt + unpackedBytesMax + slackBytes;

interface Unpacker {
  instance: Instance<Exports>;
  memory: Buffer;
}

const module = new Module<Exports>(inflateModule);
let made: Unpacker | undefined;

/**
 * Unpacks one gzip of the plain kind, without anything in its head and nothing behind it. The bytes are good until the next call. Undefined where it
 * is of another kind, damaged or too large: zlib then says what is to be said.
 * node:zlib makes a stream for each call, which the collector takes for alive twice over: with a thousand pages a round, copying them made up most of
 * its pauses.
 */
export function gunzipPlain(packed: Buffer): Buffer | undefined {
  const { length } = packed;
  if (length > packedBytesMax || length < headBytes + trailerBytes || packed.readUInt32LE(0) !== plainHead)
    return undefined;
  const bytes = packed.readUInt32LE(length - 4);
  if (bytes > unpackedBytesMax) return undefined;
  const { instance, memory } = (made ??= unpacker());
  packed.copy(memory, inputAt);
  const end = inputAt + length - trailerBytes;
  const written = instance.run.inflate(inputAt + headBytes, end, outputAt, outputAt + bytes);
  if (written !== bytes || instance.get('inputEnd') !== end) return undefined;
  const page = memory.subarray(outputAt, outputAt + bytes);
  return crc32(page) === packed.readUInt32LE(length - trailerBytes) ? page : undefined;
}

function unpacker(): Unpacker {
  const memory = createMemory(Math.ceil(memoryBytes / PAGE_BYTES));
  return { instance: module.instantiate(memory), memory: Buffer.from(memory.buffer) };
}
