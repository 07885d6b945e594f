import { Fault } from '../../base/fault.ts';
import type { KubeObject } from '../client/client.ts';
import type { FieldType, ObjectType, TypeTable } from './api-type.ts';
import { hasMagic, openEnvelope, sealedEnvelope } from './envelope.ts';
import { normalizedObject } from './normalize.ts';
import { isJsonObject, type JsonObject } from './own-property.ts';
import { decodedMessage } from './protobuf-decode.ts';
import { encodedMessage } from './protobuf-encode.ts';
import { parsedJson } from './protobuf-scalars.ts';
import type { GroupVersionKind, SchemaRegistry } from './schema.ts';
import { strategicallyMerged } from './strategic-merge.ts';
import { typeErrorsOf } from './type-errors.ts';
import { readTypes } from './type-text.ts';
import { apiregistrationV1 } from './types/apiregistration-v1.ts';
import { appsV1 } from './types/apps-v1.ts';
import { autoscalingV1 } from './types/autoscaling-v1.ts';
import { autoscalingV2 } from './types/autoscaling-v2.ts';
import { coordinationV1 } from './types/coordination-v1.ts';
import { coreV1Containers } from './types/core-v1-containers.ts';
import { coreV1Objects } from './types/core-v1-objects.ts';
import { coreV1Pods } from './types/core-v1-pods.ts';
import { coreV1Volumes } from './types/core-v1-volumes.ts';
import { discoveryV1 } from './types/discovery-v1.ts';
import { eventsV1 } from './types/events-v1.ts';
import { metaV1 } from './types/meta-v1.ts';
import { policyV1 } from './types/policy-v1.ts';
import { rbacV1 } from './types/rbac-v1.ts';
import { reviewsV1 } from './types/reviews-v1.ts';
import { unknownFieldsOf } from './unknown-fields.ts';

/** As large as a request body may be for the API server. */
const PROTOBUF_BYTES_MAX = 3 * 1024 * 1024;
/** Objects of Kubernetes are some twenty levels deep. */
const DEPTH_MAX = 100;
/** Enveloped messages inside of enveloped messages. */
const ENVELOPES_MAX = 3;
const META_GROUP = 'meta.k8s.io';
/** Posted to subresources and never listed. */
const NEVER_LISTED: ReadonlySet<string> = new Set([
  'Binding',
  'Scale',
  'Eviction',
  'SelfSubjectAccessReview',
  'LocalSubjectAccessReview',
  'SubjectAccessReview',
  'SelfSubjectRulesReview',
  'SelfSubjectReview',
  'TokenReview',
  'TokenRequest',
]);

const texts = [
  metaV1,
  coreV1Pods,
  coreV1Containers,
  coreV1Volumes,
  coreV1Objects,
  appsV1,
  autoscalingV1,
  autoscalingV2,
  policyV1,
  eventsV1,
  coordinationV1,
  reviewsV1,
  rbacV1,
  discoveryV1,
  apiregistrationV1,
];

export interface Schemas extends SchemaRegistry {
  /** The types themselves, from which OpenAPI is printed. */
  readonly types: TypeTable;
  /** The type of a kind; kinds of meta/v1 (DeleteOptions, Status, …) are found in every group and version. */
  typeOf(gvk: GroupVersionKind): ObjectType | undefined;
}

/** Reads the descriptions of all types; some ten milliseconds, to be done once a process. */
export function createSchemas(): Schemas {
  const types = readTypes(texts);
  addLists(types);
  const kinds = new Map<string, ObjectType>();
  for (const type of types.values()) if (type.isKind) kinds.set(`${type.group}/${type.version}/${type.name}`, type);

  const typeOf = ({ group, version, kind }: GroupVersionKind) =>
    kinds.get(`${group}/${version}/${kind}`) ?? kinds.get(`${META_GROUP}/v1/${kind}`);
  const known = (gvk: GroupVersionKind): ObjectType =>
    typeOf(gvk) ?? refuse(`no kind ${JSON.stringify(gvk.kind)} is registered for ${groupVersion(gvk)}`);
  const decode = (body: Uint8Array, depth: number): { gvk: GroupVersionKind; object: KubeObject } => {
    if (depth > ENVELOPES_MAX) return refuse(`the protobuf body nests more than ${ENVELOPES_MAX} envelopes`);
    const { apiVersion, kind, raw, contentType } = openEnvelope(body);
    const gvk = { ...splitApiVersion(apiVersion), kind };
    const type = known(gvk);
    const fields =
      contentType === 'application/json' ? parsedJson(raw) : decodedMessage(type, raw, embedded(depth + 1));
    if (!isJsonObject(fields)) return refuse('the body is not an object');
    if (type.fields.has('metadata')) fields.metadata ??= {};
    return { gvk, object: { ...fields, apiVersion, kind } as unknown as KubeObject };
  };
  const embedded = (depth: number) => (raw: Uint8Array) =>
    hasMagic(raw) ? decode(raw, depth).object : parsedJson(raw);

  return {
    types,
    typeOf,
    has: (gvk) => typeOf(gvk) !== undefined,
    unknownFields: (gvk, object) => unknownFieldsOf(known(gvk), shallowEnough(object)),
    typeErrors: (gvk, object) => typeErrorsOf(known(gvk), shallowEnough(object)),
    normalized: (gvk, object) => asObject(normalizedObject(known(gvk), shallowEnough(object))),
    decodeProtobuf: (body) => {
      if (body.length > PROTOBUF_BYTES_MAX)
        return refuse(`the protobuf body has more than ${PROTOBUF_BYTES_MAX} bytes`);
      return decode(body, 1);
    },
    encodeProtobuf: (gvk, object) => {
      if (!isJsonObject(object)) return refuse('only an object can be encoded');
      return sealedEnvelope(groupVersion(gvk), gvk.kind, encodedMessage(known(gvk), object));
    },
    strategicMerge: (gvk, original, patch) =>
      asObject(strategicallyMerged(known(gvk), shallowEnough(original), shallowEnough(patch))),
  };
}

/** Every kind that is served has a list of its own. */
function addLists(types: Map<string, ObjectType>): void {
  const listMeta = types.get('meta.ListMeta')!;
  for (const type of [...types.values()]) {
    const isServed = type.isKind && (type.group !== META_GROUP || type.name === 'PartialObjectMetadata');
    if (!isServed || NEVER_LISTED.has(type.name)) continue;
    const name = `${type.name}List`;
    const metadata = plainField('metadata', 1, listMeta);
    const items: FieldType = {
      ...plainField('items', 2, type),
      type: { form: 'list', of: { form: 'object', type } },
      required: true,
      kept: true,
    };
    types.set(`${type.id}List`, {
      ...type,
      id: `${type.id}List`,
      name,
      definition: `${type.definition}List`,
      description: `A list of ${type.name} objects.`,
      fields: new Map([metadata, items].map((field) => [field.name, field])),
      wire: new Map([metadata, items].map((field) => [field.number, { number: field.number, field }])),
    });
  }
}

function plainField(name: string, number: number, type: ObjectType): FieldType {
  return {
    name,
    number,
    type: { form: 'object', type },
    pointer: false,
    required: false,
    demanded: false,
    kept: false,
    merges: false,
    retainKeys: false,
    isSet: false,
    isAtomic: false,
  };
}

/** Group and version of an apiVersion; the core group is the empty one. */
function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

function groupVersion({ group, version }: GroupVersionKind): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Without recursion, so that a hostile depth is refused before anything recursive sees it. */
function shallowEnough<T>(value: T): T {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEPTH_MAX) refuse(`the object is nested more than ${DEPTH_MAX} levels deep`);
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return value;
}

function asObject(object: JsonObject): KubeObject {
  return object as unknown as KubeObject;
}

function refuse(message: string): never {
  throw new Fault('bad-request', message);
}
