import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { FieldError } from '../../../kubernetes/schema/schema.ts';
import {
  type ApiRequest,
  badRequest,
  invalid,
  type Target,
  type WriteOptions,
} from '../../../kubernetes/serve/serve.ts';
import { invalidValue, type Kind, labelCharsMax, required, subdomainCharsMax } from '../kinds/kind.ts';
import { type Described, gvkOf, type Registry } from './registry.ts';

const annotationsBytesMax = 256 * 1024;
const warningsMax = 10;

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelKey =
  /^(?:[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^(?:[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$/;

/**
 * What a client sent, made into what is stored: unknown fields are refused, warned of or ignored as the client wants, wrong
 * types are refused, defaults are filled in. Throws 400 or 422.
 */
export function decoded(
  { schemas }: Pick<Registry, 'schemas'>,
  kind: Described,
  request: ApiRequest,
  object: KubeObject,
  { fieldValidation }: WriteOptions,
): KubeObject {
  const gvk = gvkOf(kind);
  const errors = schemas.typeErrors(gvk, object);
  const wrong = errors.filter(({ reason }) => reason === 'FieldValueTypeInvalid');
  if (wrong.length > 0)
    throw notThisKind(kind, `json: ${wrong.map(({ field, message }) => `${field}: ${message}`).join(', ')}`);
  if (fieldValidation !== 'Ignore') {
    const unknown = schemas.unknownFields(gvk, object).map((field) => `unknown field "${field}"`);
    if (unknown.length > 0 && fieldValidation === 'Strict')
      throw notThisKind(kind, `strict decoding error: ${unknown.join(', ')}`);
    for (const text of unknown.slice(0, warningsMax)) request.warn(text);
  }
  const normalized = schemas.normalized(gvk, object);
  // Defaults come before what is required is asked for: they may be what is missing.
  const missing = schemas.typeErrors(gvk, normalized);
  if (missing.length > 0) throw invalidObject(kind, object, missing);
  return normalized;
}

/** What the body says of itself has to agree with the path. */
export function requireTarget({ info }: Described, { apiVersion, kind, metadata }: KubeObject, target: Target): void {
  const wanted = info.group === '' ? info.version : `${info.group}/${info.version}`;
  if ((apiVersion && apiVersion !== wanted) || (kind && kind !== info.kind))
    throw badRequest(
      `the kind of the object (${apiVersion}, ${kind}) does not match that of the URL (${wanted}, ${info.kind})`,
    );
  if (metadata?.name !== target.name)
    throw badRequest(
      `the name of the object (${metadata?.name ?? ''}) does not match the name on the URL (${target.name})`,
    );
  if (info.namespaced && metadata.namespace && metadata.namespace !== target.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function notThisKind({ info }: Described, why: string) {
  return badRequest(`${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${why}`);
}

export function invalidObject({ info }: Described, object: KubeObject, errors: readonly FieldError[]) {
  return invalid(info.group, info.kind, object.metadata?.name ?? '', errors);
}

/** Throws 422 with every reason. */
export function validate(kind: Kind, object: KubeObject, previous: KubeObject | undefined): void {
  const errors = [
    ...validateMetadata(kind, object),
    ...(kind.validate?.(object) ?? []),
    ...(previous ? (kind.validateUpdate?.(object, previous) ?? []) : []),
  ];
  if (errors.length > 0) throw invalidObject(kind, object, errors);
}

function validateMetadata(kind: Kind, { metadata }: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (!metadata.name) errors.push(required('metadata.name', 'name or generateName is required'));
  else errors.push(...validateName(kind, metadata.name));
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (!labelKey.test(key))
      errors.push(
        invalidValue(
          'metadata.labels',
          key,
          "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ),
      );
    if (typeof value !== 'string' || !labelValue.test(value))
      errors.push(
        invalidValue(
          'metadata.labels',
          value,
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
      );
  }
  const annotations = Object.entries(metadata.annotations ?? {});
  for (const [key] of annotations)
    if (!labelKey.test(key.toLowerCase()))
      errors.push(
        invalidValue(
          'metadata.annotations',
          key,
          "a qualified name must consist of alphanumeric characters, '-', '_' or '.'",
        ),
      );
  if (
    annotations.reduce((bytes, [key, value]) => bytes + key.length + Buffer.byteLength(String(value)), 0) >
    annotationsBytesMax
  )
    errors.push({
      field: 'metadata.annotations',
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${annotationsBytesMax} bytes`,
    });
  for (const [index, finalizer] of (metadata.finalizers ?? []).entries())
    if (!labelKey.test(finalizer))
      errors.push(
        invalidValue(`metadata.finalizers[${index}]`, finalizer, 'name part must consist of alphanumeric characters'),
      );
  return errors;
}

function validateName({ naming, info }: Kind, name: string): FieldError[] {
  if (naming === 'label' && (name.length > labelCharsMax || !label.test(name)))
    return [
      invalidValue(
        'metadata.name',
        name,
        info.kind === 'Service'
          ? "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
          : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      ),
    ];
  if (naming === 'path-segment') return validatePathSegment(name);
  if (naming !== 'label' && (name.length > subdomainCharsMax || !subdomain.test(name)))
    return [
      invalidValue(
        'metadata.name',
        name,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ),
    ];
  return [];
}

/** Names of roles and of API services need only fit into a path. */
function validatePathSegment(name: string): FieldError[] {
  if (name === '.' || name === '..') return [invalidValue('metadata.name', name, `may not be '${name}'`)];
  const unfit = ['/', '%'].find((character) => name.includes(character));
  if (unfit) return [invalidValue('metadata.name', name, `may not contain '${unfit}'`)];
  if (name.length <= subdomainCharsMax) return [];
  return [invalidValue('metadata.name', name, `must be no more than ${subdomainCharsMax} characters`)];
}
