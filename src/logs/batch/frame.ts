import {
  corruptFrame as corrupt,
  decodeEnvelope,
  encodeEnvelope,
  frameKinds,
  isCount,
  isObject,
  type TextForm,
} from './envelope.ts';
import type { InstanceId, SegmentName } from './identity.ts';
import { type Cover, type Fact, limits } from './protocol.ts';

export interface BatchHeader {
  instance: InstanceId;
  /** Every range of the source that the lines were made from: in the segment where they end, and before it for a line that began there. */
  covers: Cover[];
  /** Where the first line's last record begins. Batches of an instance sort by segment, then offset, and never interleave. */
  order: { segment: SegmentName; offset: number };
  lineCount: number;
  /** How many of the lines are stderr's. */
  stderrCount: number;
  /** Earliest and latest time of a line: nanoseconds since 1970 as decimal text. */
  timeMin: string;
  timeMax: string;
  /** Uncompressed sizes. */
  textBytes: number;
  columnsBytes: number;
}

export interface BatchFrame {
  kind: 'batch';
  header: BatchHeader;
  /** Only the store makes compact text. */
  form: TextForm;
  /** As stored; views of the buffer that was decoded. */
  columns: Buffer;
  text: Buffer;
  /** The whole frame. */
  bytes: Buffer;
}

export interface FactsFrame {
  kind: 'facts';
  facts: Fact[];
  bytes: Buffer;
}

export type Frame = BatchFrame | FactsFrame;

export function encodeBatchFrame(
  header: BatchHeader,
  columns: Uint8Array,
  text: Uint8Array,
  form: TextForm = 'plain',
): Buffer {
  return encodeEnvelope(frameKinds.batch, header, columns, text, form);
}

export function encodeFactsFrame(facts: Fact[]): Buffer {
  return encodeEnvelope(frameKinds.facts, facts, new Uint8Array(), new Uint8Array());
}

/** Reads the frame at `offset`; the frame's `bytes.length` says where the next begins. Throws Fault `corrupt` or `newer-format`. */
export function decodeFrame(buffer: Buffer, offset = 0): Frame {
  const { kind, form, header, columns, text, bytes } = decodeEnvelope(buffer, offset);
  if (kind === frameKinds.facts) return { kind: 'facts', facts: checkedFacts(header, offset), bytes };
  if (kind !== frameKinds.batch) throw corrupt(offset, `its kind ${kind} is not known`);
  return { kind: 'batch', form, header: checkedBatchHeader(header, form, offset), columns, text, bytes };
}

/** Frames as they came over the wire. Throws as decodeFrame does. */
export function decodeFrames(buffer: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let offset = 0; offset < buffer.length; ) {
    const frame = decodeFrame(buffer, offset);
    if (frame.kind === 'batch' && frame.form !== 'plain')
      throw corrupt(offset, 'its text is compact, as only a store makes it');
    frames.push(frame);
    offset += frame.bytes.length;
  }
  return frames;
}

const DECIMAL = /^-?\d{1,19}$/;

export function checkedBatchHeader(value: unknown, form: TextForm, offset: number): BatchHeader {
  const header = value as BatchHeader;
  const sound =
    isObject(value) &&
    typeof header.instance === 'string' &&
    isObject(header.order) &&
    typeof header.order.segment === 'string' &&
    [header.order.offset, header.lineCount, header.stderrCount, header.textBytes, header.columnsBytes].every(isCount) &&
    header.textBytes <= textBytesMaxOf(form) &&
    header.columnsBytes <= 4 * textBytesMaxOf(form) &&
    [header.timeMin, header.timeMax].every((time) => typeof time === 'string' && DECIMAL.test(time)) &&
    Array.isArray(header.covers) &&
    header.covers.every(isCover);
  if (!sound) throw corrupt(offset, 'a field of its header is missing or of the wrong type');
  return header;
}

export function textBytesMaxOf(form: TextForm): number {
  return form === 'compact' ? limits.compactTextBytesMax : limits.batchTextBytesMax;
}

function checkedFacts(value: unknown, offset: number): Fact[] {
  if (
    !Array.isArray(value) ||
    value.length > limits.factsPerFrameMax ||
    !value.every((fact) => isObject(fact) && typeof fact.kind === 'string')
  ) {
    throw corrupt(offset, 'its facts are not a list of facts');
  }
  return value as Fact[];
}

function isCover(value: unknown): boolean {
  const cover = value as Cover;
  return (
    isObject(value) &&
    typeof cover.segment === 'string' &&
    typeof cover.hash === 'string' &&
    isCount(cover.from) &&
    isCount(cover.to) &&
    cover.from < cover.to
  );
}
