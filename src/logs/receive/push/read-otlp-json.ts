import { Fault } from '../../../base/fault.ts';
import { parsedJson } from './json-shape.ts';
import {
  type Attribute,
  type LogRecord,
  type OtlpValue,
  otlpDepthMax,
  type ResourceLogs,
  type ScopeLogs,
} from './otlp-model.ts';
import { PushCount } from './received-stream.ts';

type Json = Record<string, unknown>;

/** The same request as JSON, as OTLP defines it: names in camel case, whole numbers of 64 bits as text, ids in hex. Throws Fault `bad-request`. */
export function readOtlpJson(body: Buffer): ResourceLogs[] {
  const request = parsedJson(body.toString());
  const count = new PushCount();
  return list(object(request), 'resourceLogs').map((resource) => {
    count.addStream();
    const scopes = list(resource, 'scopeLogs').map((scope) => scopeOf(scope, count));
    return { attributes: attributesOf(object(resource.resource)), scopes };
  });
}

function scopeOf(json: Json, count: PushCount): ScopeLogs {
  count.addStream();
  const scope = object(json.scope);
  const records = list(json, 'logRecords').map((record) => {
    count.addLine();
    return recordOf(record);
  });
  return {
    ...{ name: text(scope.name), version: text(scope.version), attributes: attributesOf(scope), records },
    droppedAttributesCount: Number(whole(scope.droppedAttributesCount)),
  };
}

function recordOf(json: Json): LogRecord {
  return {
    time: BigInt.asIntN(64, whole(json.timeUnixNano)),
    observedTime: BigInt.asIntN(64, whole(json.observedTimeUnixNano)),
    severityNumber: severityOf(json.severityNumber),
    severityText: text(json.severityText),
    body: otlpValue(json.body, 0),
    attributes: attributesOf(json),
    droppedAttributesCount: Number(whole(json.droppedAttributesCount)),
    flags: Number(whole(json.flags)),
    traceId: text(json.traceId).toLowerCase(),
    spanId: text(json.spanId).toLowerCase(),
  };
}

const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** A number, or the name of one: SEVERITY_NUMBER_INFO, SEVERITY_NUMBER_INFO2, … */
function severityOf(value: unknown): number {
  const named = typeof value === 'string' ? /^SEVERITY_NUMBER_([A-Z]+)([2-4]?)$/.exec(value) : null;
  if (!named) return Number(whole(value));
  const rank = severities.indexOf(named[1]!);
  return rank < 0 ? 0 : rank * 4 + Number(named[2] || 1);
}

function attributesOf(json: Json): Attribute[] {
  return list(json, 'attributes').map(({ key, value }) => [text(key), otlpValue(value, 0)]);
}

function otlpValue(value: unknown, depth: number): OtlpValue {
  if (depth > otlpDepthMax) throw new Fault('bad-request', `values are nested more than ${otlpDepthMax} deep`);
  const json = object(value);
  if (typeof json.stringValue === 'string') return json.stringValue;
  if (typeof json.boolValue === 'boolean') return json.boolValue;
  if (json.intValue !== undefined) return whole(json.intValue);
  if (typeof json.doubleValue === 'number' || typeof json.doubleValue === 'string') return Number(json.doubleValue);
  if (json.arrayValue) return list(object(json.arrayValue), 'values').map((each) => otlpValue(each, depth + 1));
  if (json.kvlistValue) {
    const pairs = list(object(json.kvlistValue), 'values');
    return new Map(pairs.map((pair) => [text(pair.key), otlpValue(pair.value, depth + 1)]));
  }
  return typeof json.bytesValue === 'string' ? json.bytesValue : null;
}

function object(value: unknown): Json {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Json;
  throw expected('an object', value);
}

function list(json: Json, key: string): Json[] {
  const found = json[key];
  if (found === undefined || found === null) return [];
  if (Array.isArray(found)) return found.map(object);
  throw expected(`${key} to be a list`, found);
}

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw expected('text', value);
}

/** Also as text, since a number of JSON does not hold 64 bits. */
function whole(value: unknown): bigint {
  if (value === undefined || value === null || value === '') return 0n;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw expected('a whole number', value);
}

function expected(what: string, value: unknown): Fault {
  return new Fault('bad-request', `expected ${what}, not ${JSON.stringify(value).slice(0, 50)}`);
}
