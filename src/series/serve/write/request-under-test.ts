import { type Answer, answerOf } from '../server-under-test.ts';

/** Protocol buffers and snappy as a test writes them: short, and wrong where it wants them wrong. */
export function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

export function whole(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

export function double(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(number * 8 + 1), bytes]);
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** One literal. */
export function snappy(bytes: Buffer): Buffer {
  if (bytes.length === 0) return Buffer.from([0]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length - 1);
  return Buffer.concat([varint(bytes.length), Buffer.from([63 << 2]), length, bytes]);
}

export type Samples = readonly (readonly [timeMs: number, value: number])[];

export function sampleFields(number: number, samples: Samples): Buffer[] {
  return samples.map(([timeMs, value]) => field(number, Buffer.concat([double(1, value), whole(2, timeMs)])));
}

/** A series of remote write 1.0. */
export function series1(labels: readonly (readonly [string, string])[], samples: Samples): Buffer {
  const pairs = labels.map(([name, value]) => field(1, Buffer.concat([field(1, name), field(2, value)])));
  return field(1, Buffer.concat([...pairs, ...sampleFields(2, samples)]));
}

/** Posts a message of either version. */
export async function post(
  url: string,
  message: Buffer,
  { version = 1, headers = {} }: { version?: 1 | 2; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const proto = version === 1 ? '' : ';proto=io.prometheus.write.v2.Request';
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    body: new Uint8Array(snappy(message)),
    headers: { 'content-type': `application/x-protobuf${proto}`, 'content-encoding': 'snappy', ...headers },
  });
  return answerOf(response);
}
