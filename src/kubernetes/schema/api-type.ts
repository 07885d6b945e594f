/** What is known of an API type, as plain data: the passes beside this file (validation, defaults, wire, merge, OpenAPI) only read it. */
export const scalarNames = [
  'string',
  'bool',
  'int32',
  'int64',
  'double',
  'bytes',
  'any',
  'Quantity',
  'Time',
  'MicroTime',
  'IntOrString',
  'RawExtension',
  'FieldsV1',
] as const;
export type ScalarName = (typeof scalarNames)[number];

export type TypeRef =
  | { form: 'scalar'; scalar: ScalarName }
  | { form: 'object'; type: ObjectType }
  | { form: 'list'; of: TypeRef }
  | { form: 'map'; of: TypeRef };

export interface FieldType {
  name: string;
  /** Of the protobuf message; 0 where the type has no protobuf form. */
  number: number;
  type: TypeRef;
  /** A pointer in the reference implementation: a zero value differs from an absent one. */
  pointer: boolean;
  /** Listed as required in OpenAPI; a manifest without it is refused. */
  required: boolean;
  /** Not listed as required, yet refused by the API server when it is missing. */
  demanded: boolean;
  /** Printed in JSON even with its zero value. */
  kept: boolean;
  /** Strategic merge: lists are merged (by `mergeKey`, or as sets of plain values) instead of replaced. */
  merges: boolean;
  mergeKey?: string;
  /** Strategic merge: a patch may name the keys that stay. */
  retainKeys: boolean;
  /** Server-side apply: how a list's items, or a map, are owned. */
  listKeys?: string[];
  isSet: boolean;
  isAtomic: boolean;
  default?: unknown;
  description?: string;
}

/** One field of the protobuf message: a JSON field, or a nested message whose fields JSON shows one level up. */
export type WireField = { number: number; field: FieldType } | { number: number; inlined: ObjectType };

export interface ObjectType {
  /** Package and name: core.Pod */
  id: string;
  name: string;
  /** Name in OpenAPI: io.k8s.api.core.v1.Pod */
  definition: string;
  /** Of the package, for kinds the group and version under which they are served. */
  group: string;
  version: string;
  isKind: boolean;
  description?: string;
  /** JSON fields by name, inlined ones included, in the order in which they are printed. */
  fields: Map<string, FieldType>;
  wire: Map<number, WireField>;
}

/** Types by id. */
export type TypeTable = ReadonlyMap<string, ObjectType>;
