import type { KubeObject } from '../client/client.ts';
import { parseFieldSelector, parseLabelSelector } from '../selector/selector.ts';
import type { DeleteOptions, ListOptions, PatchType, Selection, WatchOptions, WriteOptions } from './backing.ts';
import { parseRange } from './negotiation.ts';
import { badRequest, invalid, unsupportedMediaType } from './status.ts';

/** A name from the path of a collection request selects that one object. Throws 400. */
export function parseSelection(query: URLSearchParams, name: string): Selection {
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  return {
    labels: parseLabelSelector(query.get('labelSelector') ?? ''),
    fields: name === '' ? fields : [...fields, { field: 'metadata.name', equal: true, value: name }],
  };
}

export function parseListOptions(query: URLSearchParams, name: string): ListOptions {
  const resourceVersion = parseResourceVersion(query.get('resourceVersion'));
  const match = query.get('resourceVersionMatch') ?? '';
  const continueToken = query.get('continue') ?? '';
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan')
    throw listInvalid(
      'resourceVersionMatch',
      `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan"`,
    );
  if (match !== '' && resourceVersion === undefined)
    throw listInvalid(
      'resourceVersionMatch',
      'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    );
  if (match === 'Exact' && resourceVersion === 0)
    throw listInvalid(
      'resourceVersionMatch',
      'Forbidden: resourceVersionMatch "Exact" is forbidden for resourceVersion "0"',
    );
  if (continueToken !== '' && resourceVersion !== undefined && resourceVersion !== 0)
    throw badRequest('specifying resource version is not allowed when using continue');
  return {
    selection: parseSelection(query, name),
    limit: parseCount(query, 'limit') ?? 0,
    continueToken,
    resourceVersion,
    match,
  };
}

export function parseWatchOptions(query: URLSearchParams, name: string): WatchOptions & { bookmarks: boolean } {
  const bookmarks = parseFlag(query, 'allowWatchBookmarks');
  const sendInitialEvents = parseFlag(query, 'sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  if (sendInitialEvents && match !== 'NotOlderThan')
    throw listInvalid(
      'resourceVersionMatch',
      'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
  if (sendInitialEvents && !bookmarks)
    throw listInvalid('allowWatchBookmarks', 'Forbidden: sendInitialEvents requires allowWatchBookmarks');
  if (!sendInitialEvents && match !== '')
    throw listInvalid(
      'resourceVersionMatch',
      'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  return {
    selection: parseSelection(query, name),
    resourceVersion: parseResourceVersion(query.get('resourceVersion')),
    sendInitialEvents,
    bookmarks,
  };
}

export function parseWriteOptions(query: URLSearchParams): WriteOptions {
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  if (fieldValidation !== 'Ignore' && fieldValidation !== 'Warn' && fieldValidation !== 'Strict')
    throw invalid('meta.k8s.io', 'CreateOptions', '', [
      {
        field: 'fieldValidation',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: "${fieldValidation}": supported values: "Ignore", "Strict", "Warn"`,
      },
    ]);
  return { dryRun: parseDryRun(query.getAll('dryRun')), fieldValidation };
}

const propagations = ['Orphan', 'Background', 'Foreground'] as const;

/** From the body (a DeleteOptions), and from the query where the body says nothing. */
export function parseDeleteOptions(query: URLSearchParams, body: KubeObject | undefined): DeleteOptions {
  const grace = body?.gracePeriodSeconds ?? parseCount(query, 'gracePeriodSeconds');
  if (grace !== undefined && grace !== null && !Number.isSafeInteger(grace))
    throw badRequest('gracePeriodSeconds must be a whole number');
  const propagation = body?.propagationPolicy ?? query.get('propagationPolicy') ?? undefined;
  if (propagation !== undefined && !propagations.includes(propagation))
    throw deleteInvalid(
      'propagationPolicy',
      `Unsupported value: "${propagation}": supported values: ${propagations.map((name) => `"${name}"`).join(', ')}`,
    );
  const orphan =
    body?.orphanDependents ?? (query.has('orphanDependents') ? parseFlag(query, 'orphanDependents') : undefined);
  if (orphan !== undefined && propagation !== undefined)
    throw deleteInvalid(
      'propagationPolicy',
      'Invalid value: orphanDependents and deletionPropagation cannot be both set',
    );
  const dryRun: unknown = body?.dryRun;
  return {
    dryRun: parseDryRun([...query.getAll('dryRun'), ...(Array.isArray(dryRun) ? dryRun.map(String) : [])]),
    gracePeriodSeconds: grace ?? undefined,
    propagation: propagation ?? (orphan === undefined ? undefined : orphan ? 'Orphan' : 'Background'),
    preconditions: typeof body?.preconditions === 'object' && body.preconditions !== null ? body.preconditions : {},
  };
}

const patchTypes: Record<string, PatchType> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

export function parsePatchType(contentType: string | undefined): PatchType {
  const type = patchTypes[parseRange(contentType ?? '').type];
  if (!type) throw unsupportedMediaType(Object.keys(patchTypes));
  return type;
}

/** Undefined for the empty text: "whatever is newest". */
export function parseResourceVersion(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`resourceVersion: Invalid value: "${text}": must be a whole number`);
  return Number(text);
}

export function parseFlag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null || value === 'false' || value === '0' || value === 'False') return false;
  return true;
}

export function parseCount(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d{1,12}$/.test(text)) throw badRequest(`${name}: Invalid value: "${text}": must be a whole number`);
  return Number(text);
}

function parseDryRun(values: readonly string[]): boolean {
  const given = values.filter((value) => value !== '');
  const wrong = given.find((value) => value !== 'All');
  if (wrong !== undefined)
    throw invalid('meta.k8s.io', 'CreateOptions', '', [
      {
        field: 'dryRun',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: "${wrong}": supported values: "All"`,
      },
    ]);
  return given.length > 0;
}

const listInvalid = (field: string, message: string) =>
  invalid('meta.k8s.io', 'ListOptions', '', [{ field, reason: reasonOf(message), message }]);
const deleteInvalid = (field: string, message: string) =>
  invalid('meta.k8s.io', 'DeleteOptions', '', [{ field, reason: reasonOf(message), message }]);

function reasonOf(message: string): string {
  if (message.startsWith('Forbidden')) return 'FieldValueForbidden';
  return message.startsWith('Unsupported') ? 'FieldValueNotSupported' : 'FieldValueInvalid';
}
