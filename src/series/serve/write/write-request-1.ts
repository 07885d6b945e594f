import { bytesType, fixed64Type, varintType, Wire } from '../../../base/protobuf-wire.ts';
import type { Labels } from '../../query/query.ts';
import { type MetricMetadata, metricTypes } from '../../store/store.ts';
import { checkedLabels, type ReceivedWrite } from './received-series.ts';
import { SampleBatch } from './sample-batch.ts';

/** The first byte of a field 1 of bytes: a label within a series. */
const labelTag = 0x0a;

/** Reads prometheus.WriteRequest: the body of remote write 1.0. Throws Fault `bad-request`. */
export function readWriteRequest1(body: Buffer): ReceivedWrite {
  const wire = new Wire(body);
  const received: ReceivedWrite = {
    samples: new SampleBatch(),
    seriesCount: 0,
    keyBytes: body,
    keyStarts: [],
    keyEnds: [],
    labels: (series) => labelsOf(received, series),
    metadata: [],
    histogramCount: 0,
    exemplarCount: 0,
  };
  wire.fields((field, type) => {
    if (field === 1 && type === bytesType) readSeries(wire, received);
    else if (field === 3 && type === bytesType) received.metadata.push(readMetadata(wire));
    else wire.skip(type);
  });
  return received;
}

function readSeries(wire: Wire, received: ReceivedWrite): void {
  const outer = wire.end;
  const end = wire.lengthDelimited();
  wire.end = end;
  const { bytes } = wire;
  const start = wire.at;
  while (wire.at < end && bytes[wire.at] === labelTag) {
    wire.at++;
    wire.at = wire.lengthDelimited();
  }
  const series = received.seriesCount++;
  received.keyStarts.push(start);
  received.keyEnds.push(wire.at);
  wire.fields((field, type) => {
    if (field === 2 && type === bytesType) readSample(wire, received.samples, series);
    else if (field === 1) wire.fail("a series' labels do not stand together at its beginning");
    else {
      if (field === 3) received.exemplarCount++;
      if (field === 4) received.histogramCount++;
      wire.skip(type);
    }
  });
  wire.end = outer;
}

/** One double and one whole number; written out, since this is where the time goes. */
function readSample(wire: Wire, samples: SampleBatch, series: number): void {
  const outer = wire.end;
  const end = wire.lengthDelimited();
  wire.end = end;
  let valueAt = -1;
  let timeMs = 0;
  while (wire.at < end) {
    const tag = wire.varint();
    if (tag === ((1 << 3) | fixed64Type)) {
      valueAt = wire.at;
      wire.skip(fixed64Type);
    } else if (tag === ((2 << 3) | varintType)) timeMs = wire.int64();
    else wire.skip(tag & 7);
  }
  samples.add(series, wire.bytes, valueAt, timeMs, 0);
  wire.end = outer;
}

function labelsOf({ keyBytes, keyStarts, keyEnds }: ReceivedWrite, series: number): Labels {
  const wire = new Wire(keyBytes, keyStarts[series]!, keyEnds[series]!);
  const pairs: [string, string][] = [];
  wire.fields(() => {
    const pair: [string, string] = ['', ''];
    wire.message((field, type) => {
      if ((field === 1 || field === 2) && type === bytesType) pair[field - 1] = wire.text();
      else wire.skip(type);
    });
    pairs.push(pair);
  });
  return checkedLabels(pairs);
}

function readMetadata(wire: Wire): [string, MetricMetadata] {
  let metric = '';
  const metadata: MetricMetadata = { type: 'unknown', help: '', unit: '' };
  wire.message((field, type) => {
    if (field === 1 && type === varintType) metadata.type = metricTypes[wire.varint()] ?? 'unknown';
    else if (field === 2 && type === bytesType) metric = wire.text();
    else if (field === 4 && type === bytesType) metadata.help = wire.text();
    else if (field === 5 && type === bytesType) metadata.unit = wire.text();
    else wire.skip(type);
  });
  return [metric, metadata];
}
