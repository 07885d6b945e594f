/** A request to write logs by OTLP, as plain data, whether it came as protocol buffers or as JSON. */
export interface ResourceLogs {
  attributes: Attribute[];
  scopes: ScopeLogs[];
}

export interface ScopeLogs {
  name: string;
  version: string;
  droppedAttributesCount: number;
  attributes: Attribute[];
  records: LogRecord[];
}

export interface LogRecord {
  /** Nanoseconds since 1970; 0: not said. */
  time: bigint;
  observedTime: bigint;
  severityNumber: number;
  severityText: string;
  body: OtlpValue;
  attributes: Attribute[];
  droppedAttributesCount: number;
  flags: number;
  /** Hex; empty: none. */
  traceId: string;
  spanId: string;
}

export type Attribute = readonly [name: string, value: OtlpValue];

/** Whole numbers of 64 bits are bigints; bytes are base64. */
export type OtlpValue = null | string | number | bigint | boolean | OtlpValue[] | Map<string, OtlpValue>;

/** Values within values. */
export const otlpDepthMax = 16;

export function emptyRecord(): LogRecord {
  return {
    ...{ time: 0n, observedTime: 0n, severityNumber: 0, severityText: '', body: null, attributes: [] },
    ...{ droppedAttributesCount: 0, flags: 0, traceId: '', spanId: '' },
  };
}

/** As OpenTelemetry shows a value: text as it is, lists and maps as JSON. */
export function textOfValue(value: OtlpValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? jsonOf(value) : String(value);
}

function jsonOf(value: OtlpValue): string {
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (value instanceof Map)
    return `{${[...value].map(([name, each]) => `${JSON.stringify(name)}:${jsonOf(each)}`).join(',')}}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
