/**
 * Reads the text in which API types are described (types/*.ts):
 *
 *     package core core v1 io.k8s.api.core.v1     package, group (`core` for the empty one), version, prefix in OpenAPI
 *     kind Pod — description                      a type with apiVersion and kind; without `kind` a plain type
 *       name 1 string! default="x" — description  field, protobuf number (`-`: none), type, marks
 *       ^ 2 VolumeSource                          a nested message whose fields JSON shows one level up
 *
 * Types: a scalar, a type of the package, `meta.ObjectMeta` of another one, `[]T`, `{}T` (map with string keys).
 * After the type: `?` pointer, `!` required, `+` printed even when zero.
 * Marks: merge[=key], retainKeys, keys=a,b, set, atomic, demanded, default=JSON.
 */
import { Fault } from '../../base/fault.ts';
import { type FieldType, type ObjectType, type ScalarName, scalarNames, type TypeRef } from './api-type.ts';

const SCALARS: ReadonlySet<string> = new Set(scalarNames);

interface Package {
  name: string;
  group: string;
  version: string;
  prefix: string;
}

/** Types that refer to each other across texts are resolved after all have been read, so the order of texts does not matter. */
export function readTypes(texts: readonly string[]): Map<string, ObjectType> {
  const types = new Map<string, ObjectType>();
  const bodies: { type: ObjectType; package: Package; lines: string[] }[] = [];
  for (const text of texts) {
    let current: Package | undefined;
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      if (line.startsWith('package ')) current = readPackage(line);
      else if (line.startsWith('  ')) bodies.at(-1)!.lines.push(line.trim());
      else {
        const type = readHeader(line, current!);
        if (types.has(type.id)) throw new Fault('corrupt', `type ${type.id} is described twice`);
        types.set(type.id, type);
        bodies.push({ type, package: current!, lines: [] });
      }
    }
  }
  const find = (name: string, home: Package): ObjectType => {
    const id = name.includes('.') ? name : `${home.name}.${name}`;
    const found = types.get(id);
    if (!found) throw new Fault('corrupt', `type ${id} is not described`);
    return found;
  };
  for (const body of bodies) {
    for (const line of body.lines) readField(line, body.type, (name) => find(name, body.package));
  }
  for (const { type } of bodies) showInlined(type);
  return types;
}

function readPackage(line: string): Package {
  const [, name, group, version, prefix] = line.split(' ');
  return { name: name!, group: group === 'core' ? '' : group!, version: version!, prefix: prefix! };
}

function readHeader(line: string, home: Package): ObjectType {
  const [head, description] = splitDescription(line);
  const isKind = head.startsWith('kind ');
  const name = isKind ? head.slice('kind '.length) : head;
  return {
    id: `${home.name}.${name}`,
    name,
    definition: `${home.prefix}.${name}`,
    group: home.group,
    version: home.version,
    isKind,
    ...(description === undefined ? {} : { description }),
    fields: new Map(),
    wire: new Map(),
  };
}

function readField(line: string, owner: ObjectType, find: (name: string) => ObjectType): void {
  const [head, description] = splitDescription(line);
  const [name, digits, typeText, ...marks] = head.split(' ') as [string, string, string, ...string[]];
  const number = digits === '-' ? 0 : Number(digits);
  if (name === '^') {
    owner.wire.set(number, { number, inlined: find(typeText) });
    return;
  }
  const bare = typeText.replace(/[?!+]+$/, '');
  const suffix = typeText.slice(bare.length);
  const field: FieldType = {
    name,
    number,
    type: readRef(bare, find),
    pointer: suffix.includes('?'),
    required: suffix.includes('!'),
    kept: suffix.includes('!') || suffix.includes('+'),
    demanded: false,
    merges: false,
    retainKeys: false,
    isSet: false,
    isAtomic: false,
    ...(description === undefined ? {} : { description }),
  };
  for (const mark of marks) applyMark(field, mark);
  owner.fields.set(name, field);
  if (number > 0) owner.wire.set(number, { number, field });
}

function readRef(text: string, find: (name: string) => ObjectType): TypeRef {
  if (text.startsWith('[]')) return { form: 'list', of: readRef(text.slice(2), find) };
  if (text.startsWith('{}')) return { form: 'map', of: readRef(text.slice(2), find) };
  if (SCALARS.has(text)) return { form: 'scalar', scalar: text as ScalarName };
  return { form: 'object', type: find(text) };
}

function applyMark(field: FieldType, mark: string): void {
  const equals = mark.indexOf('=');
  const name = equals < 0 ? mark : mark.slice(0, equals);
  const value = equals < 0 ? undefined : mark.slice(equals + 1);
  if (name === 'merge') {
    field.merges = true;
    if (value !== undefined) field.mergeKey = value;
  } else if (name === 'demanded') field.demanded = true;
  else if (name === 'retainKeys') field.retainKeys = true;
  else if (name === 'keys') field.listKeys = value!.split(',');
  else if (name === 'set') field.isSet = true;
  else if (name === 'atomic') field.isAtomic = true;
  else if (name === 'default') field.default = JSON.parse(value!);
  else throw new Fault('corrupt', `field ${field.name} has the unknown mark ${mark}`);
}

/** JSON shows the fields of an inlined message as the owner's own. */
function showInlined(type: ObjectType): void {
  for (const wire of type.wire.values()) {
    if (!('inlined' in wire)) continue;
    showInlined(wire.inlined);
    for (const [name, field] of wire.inlined.fields) type.fields.set(name, field);
  }
}

function splitDescription(line: string): [string, string | undefined] {
  const dash = line.indexOf(' — ');
  return dash < 0 ? [line, undefined] : [line.slice(0, dash), line.slice(dash + 3)];
}
