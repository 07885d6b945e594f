/**
 * The door of the schemas: one description of each API type, from which come OpenAPI, validation with the field's name,
 * defaults, protobuf in both directions and the keys of strategic merge. No code per kind.
 */
import type { KubeObject } from '../client/client.ts';

/** `group` is empty for the core group. */
export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

export interface FieldError {
  /** As Kubernetes prints it: spec.containers[0].image */
  field: string;
  /** FieldValueRequired, FieldValueInvalid, FieldValueNotSupported, FieldValueForbidden, … */
  reason: string;
  message: string;
}

export interface SchemaRegistry {
  has(gvk: GroupVersionKind): boolean;
  /** Unknown or doubled fields as `spec.containers[0].imagee`, for fieldValidation=Strict or Warn. */
  unknownFields(gvk: GroupVersionKind, object: unknown): string[];
  /** Wrong types, missing required fields. */
  typeErrors(gvk: GroupVersionKind, object: unknown): FieldError[];
  /** Drops unknown fields and fills in the API's defaults; returns a new object. */
  normalized(gvk: GroupVersionKind, object: KubeObject): KubeObject;
  /** The body behind the `k8s\0` magic or with it: a runtime.Unknown envelope. Throws Fault `bad-request`. */
  decodeProtobuf(body: Uint8Array): { gvk: GroupVersionKind; object: KubeObject };
  encodeProtobuf(gvk: GroupVersionKind, object: unknown): Buffer;
  /** RFC 7386 with list merge keys, `$patch`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`, `$retainKeys`. */
  strategicMerge(gvk: GroupVersionKind, original: KubeObject, patch: unknown): KubeObject;
}
