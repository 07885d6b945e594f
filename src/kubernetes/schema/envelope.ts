/** The envelope of Kubernetes' protobuf bodies: four bytes of magic, then a runtime.Unknown message that names the type. */
import { Fault } from '../../base/fault.ts';
import { WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

export interface Envelope {
  apiVersion: string;
  kind: string;
  raw: Uint8Array;
  contentType: string;
}

export function hasMagic(body: Uint8Array): boolean {
  return MAGIC.every((byte, at) => body[at] === byte);
}

export function openEnvelope(body: Uint8Array): Envelope {
  const reader = new WireReader(body, hasMagic(body) ? MAGIC.length : 0);
  const envelope: Envelope = { apiVersion: '', kind: '', raw: new Uint8Array(0), contentType: '' };
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (wireType !== 'bytes') reader.skip(wireType);
    else if (number === 1) readTypeMeta(reader.message(), envelope);
    else if (number === 2) envelope.raw = reader.bytes();
    else if (number === 3) {
      const encoding = reader.string();
      if (encoding !== '') throw new Fault('bad-request', `the protobuf body has the unsupported encoding ${encoding}`);
    } else if (number === 4) envelope.contentType = reader.string();
    else reader.skip(wireType);
  }
  return envelope;
}

export function sealedEnvelope(apiVersion: string, kind: string, raw: Uint8Array): Buffer {
  const writer = new WireWriter();
  writer.message(1, (meta) => {
    meta.string(1, apiVersion);
    meta.string(2, kind);
  });
  writer.bytes(2, raw);
  writer.string(3, '');
  writer.string(4, '');
  return Buffer.concat([MAGIC, writer.finish()]);
}

function readTypeMeta(reader: WireReader, envelope: Envelope): void {
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === 'bytes') envelope.apiVersion = reader.string();
    else if (number === 2 && wireType === 'bytes') envelope.kind = reader.string();
    else reader.skip(wireType);
  }
}
