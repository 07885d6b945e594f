import { bytesType, varintType, Wire } from '../../../base/protobuf-wire.ts';
import type { LabelRecord } from '../../batch/batch.ts';
import { pushLimits } from './limits.ts';
import { emptyStream, type GrowingStream, PushCount, type ReceivedStream } from './received-stream.ts';

const { metadataReadMax } = pushLimits;

/**
 * Loki's push request: 1 streams {1 labels, 2 entries {1 timestamp {1 seconds, 2 nanos}, 2 line, 3 structured metadata {1 name, 2 value}}, 3 hash}.
 * Lines stay where they are in `body`. Throws Fault `bad-request`.
 */
export function readLokiProtobuf(body: Buffer): ReceivedStream[] {
  const wire = new Wire(body);
  const count = new PushCount();
  const streams: ReceivedStream[] = [];
  wire.fields((field, type) => {
    if (field !== 1 || type !== bytesType) return wire.skip(type);
    count.addStream();
    streams.push(readStream(wire, count));
  });
  return streams;
}

/** Of an entry that is known to be sound, with its length before it. */
export function metadataOfEntry(entry: Buffer): LabelRecord | undefined {
  const stream = emptyStream('', entry);
  readEntry(new Wire(entry), stream);
  return stream.metadata[0];
}

function readStream(wire: Wire, count: PushCount): ReceivedStream {
  const stream = emptyStream('', wire.bytes);
  wire.message((field, type) => {
    if (field === 1 && type === bytesType) stream.labels = wire.text();
    else if (field === 2 && type === bytesType) {
      count.addLine();
      readEntry(wire, stream);
    } else wire.skip(type);
  });
  return stream;
}

function readEntry(wire: Wire, stream: GrowingStream): void {
  let seconds = 0;
  let nanos = 0;
  let from = wire.at;
  let to = wire.at;
  let metadata: [string, string][] | undefined;
  wire.message((field, type) => {
    if (type !== bytesType) wire.skip(type);
    else if (field === 1) {
      wire.message((part, partType) => {
        if (part === 1 && partType === varintType) seconds = wire.int64();
        else if (part === 2 && partType === varintType) nanos = wire.int64();
        else wire.skip(partType);
      });
    } else if (field === 2) {
      to = wire.lengthDelimited();
      from = wire.at;
      wire.at = to;
    } else if (field === 3) {
      metadata ??= [];
      if (metadata.length >= metadataReadMax) wire.fail(`a line has more than ${metadataReadMax} pairs of metadata`);
      metadata.push(readPair(wire));
    } else wire.skip(type);
  });
  if (nanos < 0 || nanos >= 1e9) wire.fail(`${nanos} nanoseconds are not a part of a second`);
  stream.from.push(from);
  stream.to.push(to);
  stream.seconds.push(seconds);
  stream.nanos.push(nanos);
  stream.metadata.push(metadata && (Object.fromEntries(metadata) as LabelRecord));
}

function readPair(wire: Wire): [string, string] {
  let name = '';
  let value = '';
  wire.message((field, type) => {
    if (field === 1 && type === bytesType) name = wire.text();
    else if (field === 2 && type === bytesType) value = wire.text();
    else wire.skip(type);
  });
  return [name, value];
}
