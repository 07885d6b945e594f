import { bytesType, fixed64Type, varintType, Wire } from '../../../base/protobuf-wire.ts';
import type { Labels } from '../../query/query.ts';
import { type MetricMetadata, metricTypes } from '../../store/store.ts';
import type { KnownSymbols } from './known-symbols.ts';
import { checkedLabels, InvalidSeries, type ReceivedWrite } from './received-series.ts';
import { SampleBatch } from './sample-batch.ts';

/** Names and values that one request can hold. */
const symbolsMax = 1_000_000;

/** Where the texts of a request are, and what they are known as across requests. */
interface Symbols {
  starts: number[];
  ends: number[];
  /** -1: not looked up yet. */
  known: Int32Array;
}

/**
 * Reads io.prometheus.write.v2.Request. Texts stand once in a table that every request orders as it likes; a series is known by the
 * numbers that `symbols` gives to its texts. Throws Fault `bad-request`.
 */
export function readWriteRequest2(body: Buffer, symbols: KnownSymbols): ReceivedWrite {
  symbols.makeRoom();
  const wire = new Wire(body);
  const table = readSymbols(wire);
  const keys = new KeyWriter();
  const received: ReceivedWrite = {
    samples: new SampleBatch(),
    seriesCount: 0,
    keyBytes: keys.bytes,
    keyStarts: [],
    keyEnds: [],
    labels: (series) => labelsOf(body, table, labelRefs[series]!),
    metadata: [],
    histogramCount: 0,
    exemplarCount: 0,
  };
  /** Start and end of each series' label references. */
  const labelRefs: [number, number][] = [];
  wire.at = 0;
  wire.fields((field, type) => {
    if (field !== 5 || type !== bytesType) return wire.skip(type);
    const outer = wire.end;
    wire.end = wire.lengthDelimited();
    readSeries(wire, received, table, symbols, keys, labelRefs);
    wire.end = outer;
  });
  received.keyBytes = keys.bytes;
  return received;
}

/** The table may stand behind the series: it is read first. */
function readSymbols(wire: Wire): Symbols {
  const starts: number[] = [];
  const ends: number[] = [];
  wire.fields((field, type) => {
    if (field !== 4 || type !== bytesType) return wire.skip(type);
    const end = wire.lengthDelimited();
    if (starts.length >= symbolsMax) wire.fail(`there are more than ${symbolsMax} symbols`);
    starts.push(wire.at);
    ends.push(end);
    wire.at = end;
  });
  return { starts, ends, known: new Int32Array(starts.length).fill(-1) };
}

function readSeries(
  wire: Wire,
  received: ReceivedWrite,
  table: Symbols,
  symbols: KnownSymbols,
  keys: KeyWriter,
  labelRefs: [number, number][],
): void {
  const { samples } = received;
  const series = received.seriesCount++;
  const firstSample = samples.length;
  let createdMs = 0;
  let metadata = -1;
  received.keyStarts.push(keys.length);
  wire.fields((field, type) => {
    if (field === 1 && type === bytesType) {
      const end = wire.lengthDelimited();
      if (labelRefs.length > series) wire.fail("a series' label references are in more than one place");
      labelRefs.push([wire.at, end]);
      while (wire.at < end) keys.add(knownSymbol(wire, table, symbols, wire.varint()));
      if (wire.at !== end) wire.fail('label references are cut off');
    } else if (field === 2 && type === bytesType) readSample(wire, samples, series);
    else if (field === 5 && type === bytesType) {
      metadata = wire.at;
      wire.skip(type);
    } else if (field === 6 && type === varintType) createdMs = wire.int64();
    else {
      if (field === 3) received.histogramCount++;
      if (field === 4) received.exemplarCount++;
      wire.skip(type);
    }
  });
  received.keyEnds.push(keys.length);
  if (labelRefs.length === series) labelRefs.push([wire.at, wire.at]);
  if (createdMs !== 0) samples.startFrom(firstSample, createdMs);
  if (metadata >= 0) readMetadata(wire, metadata, received, table, symbols, labelRefs[series]!);
}

function knownSymbol(wire: Wire, { starts, ends, known }: Symbols, symbols: KnownSymbols, ref: number): number {
  if (ref >= starts.length) wire.fail(`there is no symbol ${ref}, but only ${starts.length}`);
  if (known[ref]! < 0) known[ref] = symbols.number(wire.bytes, starts[ref]!, ends[ref]!);
  return known[ref]!;
}

function readSample(wire: Wire, samples: SampleBatch, series: number): void {
  const outer = wire.end;
  const end = wire.lengthDelimited();
  wire.end = end;
  let valueAt = -1;
  let timeMs = 0;
  let startMs = 0;
  while (wire.at < end) {
    const tag = wire.varint();
    if (tag === ((1 << 3) | fixed64Type)) {
      valueAt = wire.at;
      wire.skip(fixed64Type);
    } else if (tag === ((2 << 3) | varintType)) timeMs = wire.int64();
    else if (tag === ((3 << 3) | varintType)) startMs = wire.int64();
    else wire.skip(tag & 7);
  }
  samples.add(series, wire.bytes, valueAt, timeMs, startMs);
  wire.end = outer;
}

function labelsOf(body: Buffer, table: Symbols, [start, end]: [number, number]): Labels {
  const wire = new Wire(body, start, end);
  const texts: string[] = [];
  while (wire.at < end) texts.push(textOf(body, table, wire.varint()));
  if (texts.length % 2 !== 0) throw new InvalidSeries(`invalid labels for series: ${texts.length} label references`);
  const pairs: [string, string][] = [];
  for (let at = 0; at < texts.length; at += 2) pairs.push([texts[at]!, texts[at + 1]!]);
  return checkedLabels(pairs);
}

function textOf(body: Buffer, { starts, ends }: Symbols, ref: number): string {
  return body.toString('utf8', starts[ref], ends[ref]);
}

/** It comes with every series of every request; only what has changed since is told. */
function readMetadata(
  series: Wire,
  at: number,
  received: ReceivedWrite,
  table: Symbols,
  symbols: KnownSymbols,
  refs: [number, number],
): void {
  const wire = new Wire(series.bytes, at, series.end);
  let [type, help, unit] = [0, 0, 0];
  wire.message((field, wireType) => {
    if (wireType !== varintType) wire.skip(wireType);
    else if (field === 1) type = wire.varint();
    else if (field === 3) help = wire.varint();
    else if (field === 4) unit = wire.varint();
    else wire.varint();
  });
  if (type === 0 && help === 0 && unit === 0) return;
  const metric = metricOf(wire, table, refs);
  if (metric < 0) return;
  const name = knownSymbol(wire, table, symbols, metric);
  const told = [type, knownSymbol(wire, table, symbols, help), knownSymbol(wire, table, symbols, unit)];
  if (!symbols.isNews(name, told)) return;
  const metadata: MetricMetadata = {
    type: metricTypes[type] ?? 'unknown',
    help: textOf(wire.bytes, table, help),
    unit: textOf(wire.bytes, table, unit),
  };
  received.metadata.push([textOf(wire.bytes, table, metric), metadata]);
}

/** Which symbol is the metric's name; -1 where there is none. */
function metricOf({ bytes }: Wire, { starts, ends }: Symbols, [start, end]: [number, number]): number {
  const wire = new Wire(bytes, start, end);
  while (wire.at < end) {
    const name = wire.varint();
    if (wire.at >= end) return -1;
    const value = wire.varint();
    const length = ends[name]! - starts[name]!;
    if (length === 8 && bytes.toString('latin1', starts[name], ends[name]) === '__name__') return value;
  }
  return -1;
}

/** Gathers the numbers of symbols as bytes: four for each. */
class KeyWriter {
  bytes = Buffer.allocUnsafe(16 * 1024);
  length = 0;

  add(number: number): void {
    if (this.length + 4 > this.bytes.length) {
      const larger = Buffer.allocUnsafe(this.bytes.length * 2);
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    this.length = this.bytes.writeInt32LE(number, this.length);
  }
}
