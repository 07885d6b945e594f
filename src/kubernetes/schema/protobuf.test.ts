import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../base/fault.ts';
import type { FieldType, ObjectType, ScalarName, TypeRef } from './api-type.ts';
import { sealedEnvelope } from './envelope.ts';
import { createSchemas } from './registry.ts';

const schemas = createSchemas();
const kinds = ['Pod', 'Node', 'Event', 'ConfigMap', 'Secret', 'Service', 'Namespace', 'DeleteOptions', 'WatchEvent'];
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).filter((key) => key !== '__proto__');

/** Values as JSON shows them after decoding: what Go leaves out is never there. */
function anyValue(ref: TypeRef, depth: number): fc.Arbitrary<unknown> {
  if (ref.form === 'object') return objectOf(ref.type, depth - 1);
  if (ref.form === 'list') return fc.array(anyValue(ref.of, depth), { minLength: 1, maxLength: 2 });
  if (ref.form === 'map')
    return fc.dictionary(text, anyValue(ref.of, depth), { minKeys: 1, maxKeys: 2, noNullPrototype: true });
  return scalarOf(ref.scalar);
}

function scalarOf(scalar: ScalarName): fc.Arbitrary<unknown> {
  switch (scalar) {
    case 'bool':
      return fc.constant(true);
    case 'int32':
      return fc.integer().filter((value) => value !== 0);
    case 'int64':
      return fc.maxSafeInteger().filter((value) => value !== 0);
    case 'double':
      return fc.double({ noNaN: true });
    case 'bytes':
      return fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    case 'Time':
      return time.map((date) => `${date.toISOString().slice(0, 19)}Z`);
    case 'MicroTime':
      return time.map((date) => `${date.toISOString().slice(0, -1)}000Z`);
    case 'Quantity':
      return fc.constantFrom('1', '100m', '2Gi');
    case 'IntOrString':
      return fc.oneof(
        fc.integer().filter((value) => value !== 0),
        text,
      );
    case 'RawExtension':
    case 'FieldsV1':
      return fc.constantFrom({ a: [1, { b: null }] }, { 'f:spec': {} });
    default:
      return text;
  }
}

const time = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59Z'),
  noInvalidDate: true,
});

function objectOf(type: ObjectType, depth: number): fc.Arbitrary<Record<string, unknown>> {
  if (depth <= 0) return fc.constant({});
  const fields: FieldType[] = [...type.fields.values()].filter((field) => field.number > 0);
  const some = fc.subarray(fields, { maxLength: Math.min(5, fields.length) });
  return some.chain((chosen) =>
    fc.record(Object.fromEntries(chosen.map((field) => [field.name, anyValue(field.type, depth)])), {
      noNullPrototype: true,
    }),
  );
}

for (const kind of kinds) {
  test(`${kind}: what is encoded is decoded to the same object`, () => {
    const gvk = { group: '', version: 'v1', kind };
    const type = schemas.typeOf(gvk)!;
    fc.assert(
      fc.property(objectOf(type, 5), (object) => {
        const decoded = schemas.decodeProtobuf(schemas.encodeProtobuf(gvk, object));
        const expected = type.fields.has('metadata') ? { metadata: {}, ...object } : object;
        assert.deepEqual(decoded, { gvk, object: { ...expected, apiVersion: 'v1', kind } });
      }),
      { numRuns: 60 },
    );
  });
}

test('any bytes are decoded or refused as a bad request', () => {
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.uint8Array({ maxLength: 200 }), (kind, raw) => {
      decodesOrRefuses(sealedEnvelope('v1', kind, raw));
      decodesOrRefuses(raw);
    }),
  );
});

test('a valid body cut off or with a byte changed is decoded or refused as a bad request', () => {
  const pod = {
    metadata: { name: 'a' },
    spec: { containers: [{ name: 'c', args: ['x'], ports: [{ containerPort: 80 }] }] },
  };
  const body = schemas.encodeProtobuf({ group: '', version: 'v1', kind: 'Pod' }, pod);
  for (let length = 0; length < body.length; length += 1) decodesOrRefuses(body.subarray(0, length));
  for (let at = 0; at < body.length; at += 1) {
    for (const change of [1, 0x80, 0xff]) {
      const changed = Buffer.from(body);
      changed[at]! ^= change;
      decodesOrRefuses(changed);
    }
  }
});

test('a number in place of a message is refused with the name of the field', () => {
  const body = sealedEnvelope('v1', 'Pod', Uint8Array.from([0x10, 0x01]));
  assert.throws(() => schemas.decodeProtobuf(body), /spec has wire type varint, bytes is expected/);
});

test('a length that is longer than the body is refused', () => {
  const body = sealedEnvelope('v1', 'Pod', Uint8Array.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f]));
  assert.throws(() => schemas.decodeProtobuf(body), /4294967295 bytes are announced and 0 are left/);
});

test('a number of more than 64 bits is refused', () => {
  const body = sealedEnvelope('v1', 'DeleteOptions', Uint8Array.from([0x08, ...new Array(11).fill(0x80)]));
  assert.throws(() => schemas.decodeProtobuf(body), /longer than 64 bits/);
});

test('envelopes within envelopes are refused past their limit', () => {
  let body: Buffer = Buffer.from('{}');
  for (let depth = 0; depth < 10; depth += 1) {
    const raw = Buffer.concat([Buffer.from([0x0a]), varint(body.length), body]);
    body = sealedEnvelope('v1', 'WatchEvent', Buffer.concat([Buffer.from([0x12]), varint(raw.length), raw]));
  }
  assert.throws(() => schemas.decodeProtobuf(body), /nests more than 3 envelopes/);
});

test('a body that is larger than a request may be is refused before it is read', () => {
  assert.throws(() => schemas.decodeProtobuf(new Uint8Array(3 * 1024 * 1024 + 1)), /more than 3145728 bytes/);
});

test('a label named __proto__ stays a label', () => {
  const pod = JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}');
  const { object } = schemas.decodeProtobuf(schemas.encodeProtobuf({ group: '', version: 'v1', kind: 'Pod' }, pod));
  assert.deepEqual(Object.entries(object.metadata.labels!), [['__proto__', 'x']]);
});

test('a negative number takes ten bytes and comes back', () => {
  const gvk = { group: '', version: 'v1', kind: 'DeleteOptions' };
  const { object } = schemas.decodeProtobuf(schemas.encodeProtobuf(gvk, { gracePeriodSeconds: -1 }));
  assert.equal(object.gracePeriodSeconds, -1);
});

function decodesOrRefuses(body: Uint8Array): void {
  try {
    schemas.decodeProtobuf(body);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'bad-request') throw error;
  }
}

function varint(value: number): Buffer {
  return value < 0x80 ? Buffer.from([value]) : Buffer.from([(value & 0x7f) | 0x80, value >> 7]);
}
