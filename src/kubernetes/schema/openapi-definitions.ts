/** Prints types as OpenAPI schemas, in the dialect of version 2 or 3. */
import type { FieldType, ObjectType, ScalarName, TypeRef } from './api-type.ts';
import type { GroupVersionKind } from './schema.ts';

export type Dialect = 'v2' | 'v3';
export type OpenApiNode = Record<string, unknown>;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** Scalars that have a definition of their own, because clients look for it by name. */
const namedScalars: Partial<Record<ScalarName, string>> = {
  Time: `${META}.Time`,
  MicroTime: `${META}.MicroTime`,
  FieldsV1: `${META}.FieldsV1`,
  Quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  IntOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  RawExtension: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
};

/** The definitions of these types and of all that they refer to, by name. `kindsOf` tells under which group, version and kind a type is served. */
export function definitionsOf(
  roots: readonly ObjectType[],
  dialect: Dialect,
  kindsOf: (type: ObjectType) => readonly GroupVersionKind[],
): OpenApiNode {
  const printer = new DefinitionPrinter(dialect, kindsOf);
  for (const root of roots) printer.add(root);
  return printer.sorted();
}

/** `definitions` holds whatever a printed schema refers to, or will before the outermost call of `add` returns. */
class DefinitionPrinter {
  readonly #dialect: Dialect;
  readonly #kindsOf: (type: ObjectType) => readonly GroupVersionKind[];
  readonly #definitions = new Map<string, OpenApiNode>();

  constructor(dialect: Dialect, kindsOf: (type: ObjectType) => readonly GroupVersionKind[]) {
    this.#dialect = dialect;
    this.#kindsOf = kindsOf;
  }

  sorted(): OpenApiNode {
    return Object.fromEntries([...this.#definitions].sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  add(type: ObjectType): void {
    if (this.#definitions.has(type.definition)) return;
    const node: OpenApiNode = {};
    this.#definitions.set(type.definition, node);
    if (type.description !== undefined) node.description = type.description;
    const properties: OpenApiNode = {};
    if (type.isKind) {
      properties.apiVersion = { description: 'Group and version of this object.', type: 'string' };
      properties.kind = { description: 'Kind of this object.', type: 'string' };
    }
    for (const field of type.fields.values()) properties[field.name] = this.#property(field);
    if (Object.keys(properties).length > 0) node.properties = properties;
    const required = [...type.fields.values()].filter((field) => field.required).map((field) => field.name);
    if (required.length > 0) node.required = required;
    node.type = 'object';
    const kinds = this.#kindsOf(type);
    if (kinds.length > 0)
      node['x-kubernetes-group-version-kind'] = kinds.map(({ group, kind, version }) => ({ group, kind, version }));
  }

  #property(field: FieldType): OpenApiNode {
    const reference = this.#node(field.type);
    const node: OpenApiNode = this.#dialect === 'v3' && '$ref' in reference ? { allOf: [reference] } : reference;
    if (field.description !== undefined) node.description = field.description;
    if (field.default !== undefined) node.default = field.default;
    if (field.listKeys) node['x-kubernetes-list-map-keys'] = field.listKeys;
    if (field.type.form === 'list') {
      node['x-kubernetes-list-type'] = field.listKeys ? 'map' : field.isSet ? 'set' : 'atomic';
    } else if (field.isAtomic) node['x-kubernetes-map-type'] = 'atomic';
    if (field.mergeKey !== undefined) node['x-kubernetes-patch-merge-key'] = field.mergeKey;
    const strategies = [...(field.merges ? ['merge'] : []), ...(field.retainKeys ? ['retainKeys'] : [])];
    if (strategies.length > 0) node['x-kubernetes-patch-strategy'] = strategies.join(',');
    return node;
  }

  #node(ref: TypeRef): OpenApiNode {
    if (ref.form === 'list') return { type: 'array', items: this.#inner(ref.of) };
    if (ref.form === 'map') return { type: 'object', additionalProperties: this.#inner(ref.of) };
    if (ref.form === 'object') {
      this.add(ref.type);
      return this.#reference(ref.type.definition);
    }
    const name = namedScalars[ref.scalar];
    if (name === undefined) return plainScalar(ref.scalar);
    this.#definitions.set(name, namedScalar(ref.scalar, this.#dialect));
    return this.#reference(name);
  }

  #inner(ref: TypeRef): OpenApiNode {
    const node = this.#node(ref);
    return this.#dialect === 'v3' && '$ref' in node ? { allOf: [node], default: {} } : node;
  }

  #reference(name: string): OpenApiNode {
    return { $ref: referenceTo(name, this.#dialect) };
  }
}

export function referenceTo(definition: string, dialect: Dialect): string {
  return `${dialect === 'v3' ? '#/components/schemas/' : '#/definitions/'}${definition}`;
}

function plainScalar(scalar: ScalarName): OpenApiNode {
  switch (scalar) {
    case 'bool':
      return { type: 'boolean' };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: scalar };
    case 'double':
      return { type: 'number', format: 'double' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'any':
      return {};
    default:
      return { type: 'string' };
  }
}

function namedScalar(scalar: ScalarName, dialect: Dialect): OpenApiNode {
  switch (scalar) {
    case 'Time':
    case 'MicroTime':
      return { description: 'A time in RFC 3339.', type: 'string', format: 'date-time' };
    case 'Quantity': {
      const description = 'An amount such as 100m, 1.5 or 2Gi.';
      return dialect === 'v2'
        ? { description, type: 'string' }
        : { description, oneOf: [{ type: 'string' }, { type: 'number' }] };
    }
    case 'IntOrString': {
      const description = 'A number, or a text such as a name or a percentage.';
      return dialect === 'v2'
        ? { description, type: 'string', format: 'int-or-string' }
        : { description, format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] };
    }
    default:
      return { description: 'Any object.', type: 'object' };
  }
}
