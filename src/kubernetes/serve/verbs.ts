import type { KubeObject } from '../client/client.ts';
import { duplicateFields } from '../schema/duplicate-fields.ts';
import type { Answer, ApiRequest } from './api.ts';
import type { Verb } from './attributes.ts';
import type { ObjectList, Resource, Target, WriteOptions } from './backing.ts';
import { parseJson, parseYaml } from './body.ts';
import { negotiate, type Representation } from './negotiation.ts';
import {
  parseCount,
  parseDeleteOptions,
  parseFlag,
  parseListOptions,
  parsePatchType,
  parseWatchOptions,
  parseWriteOptions,
} from './options.ts';
import type { ResourceVersionOptions } from './resource-version.ts';
import { badRequest, methodNotAllowed, verbNotSupported } from './status.ts';
import { parseIncludeObject, partialOf, tableOf } from './table.ts';
import { streamWatch } from './watch-stream.ts';

const warningsMax = 10;
const views = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'];
export const objectViews: ReadonlySet<string> = new Set(
  views.flatMap((kind) => [`${kind}.v1.meta.k8s.io`, `${kind}.v1beta1.meta.k8s.io`]),
);

type Handle = (
  request: ApiRequest,
  resource: Resource,
  target: Target,
  representation: Representation,
  options: ResourceVersionOptions,
) => Promise<Answer>;

/** The verbs of a collection and of an object; a verb that the backing lacks is answered with 405. */
export function handleVerb(
  request: ApiRequest,
  resource: Resource,
  target: Target,
  verb: Verb,
  options: ResourceVersionOptions,
): Promise<Answer> {
  if (!resource.backing[verb === 'deletecollection' ? 'deleteCollection' : verb])
    throw verbNotSupported(resource.info, verb);
  const representation = negotiate(request.accept, objectViews, parseFlag(request.query, 'pretty'));
  return handlers[verb](request, resource, target, representation, options);
}

const handlers: Record<Verb, Handle> = {
  async get(request, resource, target, representation) {
    const object = await resource.backing.get!(request, target);
    return answerObject(request, resource, representation, 200, object);
  },

  async list(request, resource, target, representation) {
    const options = parseListOptions(request.query, target.name);
    const list = await resource.backing.list!(request, target, options);
    return { code: 200, object: viewOfList(request, resource, representation, list) };
  },

  async watch(request, resource, target, representation, { limits, onWatchCut }) {
    const watch = parseWatchOptions(request.query, target.name);
    const wantedMs = (parseCount(request.query, 'timeoutSeconds') ?? 0) * 1000;
    const timeoutMs = wantedMs > 0 ? Math.min(wantedMs, limits.watchDurationMsMax) : limits.watchDurationMsMax / 2;
    request.becomeLongRunning();
    const onCut = () => onWatchCut(resource.info.plural);
    const options = { watch, representation, timeoutMs, limits, onCut };
    return { stream: (response) => streamWatch(response, request, resource, target, options) };
  },

  async create(request, resource, target, representation) {
    if (target.name !== '') throw methodNotAllowed();
    const options = parseWriteOptions(request.query);
    const object = await requiredObject(request, resource, options);
    const created = await resource.backing.create!(request, target, object, options);
    return answerObject(request, resource, representation, 201, created);
  },

  async update(request, resource, target, representation) {
    if (target.name === '') throw methodNotAllowed();
    const options = parseWriteOptions(request.query);
    const object = await requiredObject(request, resource, options);
    const updated = await resource.backing.update!(request, target, object, options);
    return answerObject(request, resource, representation, 200, updated);
  },

  async patch(request, resource, target, representation, { limits }) {
    if (target.name === '') throw methodNotAllowed();
    const options = await readPatch(request, limits.nestingDepthMax);
    const { object, created } = await resource.backing.patch!(request, target, options);
    return answerObject(request, resource, representation, created ? 201 : 200, object);
  },

  async delete(request, resource, target) {
    const options = parseDeleteOptions(request.query, (await request.readObject())?.object);
    return { code: 200, object: await resource.backing.delete!(request, target, options) };
  },

  async deletecollection(request, resource, target, representation) {
    const options = parseDeleteOptions(request.query, (await request.readObject())?.object);
    const list = parseListOptions(request.query, '');
    const deleted = await resource.backing.deleteCollection!(request, target, list, options);
    return { code: 200, object: viewOfList(request, resource, representation, deleted) };
  },
};

export async function readPatch(request: ApiRequest, depthMax: number) {
  const type = parsePatchType(request.contentType);
  const raw = await request.readRaw();
  const patch = type === 'apply' ? await parseYaml(raw, { nestingDepthMax: depthMax }) : parseJson(raw, depthMax);
  const options = parseWriteOptions(request.query);
  if (type === 'merge' || type === 'strategic')
    tellDoubled(request, options, () => duplicateFields(raw.toString('utf8')));
  return { ...options, type, patch, force: parseFlag(request.query, 'force') };
}

/** The body, whose kind has to be the one that the path leads to; an empty kind is filled in. */
export async function requiredObject(
  request: ApiRequest,
  { info }: { info: { group: string; version: string; kind: string } },
  options: WriteOptions,
): Promise<KubeObject> {
  const body = await request.readObject();
  if (!body) throw badRequest(`${info.kind} expected, but the request has no body`);
  tellDoubled(request, options, body.doubled);
  const { object } = body;
  const apiVersion = info.group === '' ? info.version : `${info.group}/${info.version}`;
  if (object.apiVersion !== undefined && object.apiVersion !== '' && object.apiVersion !== apiVersion)
    throw wrongKind(object, info, apiVersion);
  if (object.kind !== undefined && object.kind !== '' && object.kind !== info.kind)
    throw wrongKind(object, info, apiVersion);
  return { ...object, apiVersion, kind: info.kind };
}

/** A field that is named twice is refused or warned of; the last one counts, as JSON has it. */
function tellDoubled(request: ApiRequest, { fieldValidation }: WriteOptions, doubled: () => string[]): void {
  if (fieldValidation === 'Ignore') return;
  const texts = doubled().map((field) => `duplicate field "${field}"`);
  if (texts.length > 0 && fieldValidation === 'Strict') throw badRequest(`strict decoding error: ${texts.join(', ')}`);
  for (const text of texts.slice(0, warningsMax)) request.warn(text);
}

function wrongKind(object: KubeObject, info: { version: string; kind: string }, apiVersion: string) {
  return badRequest(
    `${String(object.kind)} in version "${String(object.apiVersion)}" cannot be handled as a ${info.kind}: the path is that of ${apiVersion}, Kind=${info.kind}`,
  );
}

export function answerObject(
  request: ApiRequest,
  resource: Resource,
  { as }: Representation,
  code: number,
  object: KubeObject,
): Answer {
  if (as?.kind === 'Table') {
    const meta = { resourceVersion: object.metadata.resourceVersion ?? '' };
    return { code, object: tableView(request, resource, [object], meta, as.version) };
  }
  if (as?.kind === 'PartialObjectMetadata') return { code, object: partialOf(object, as.version) };
  return { code, object };
}

function viewOfList(request: ApiRequest, resource: Resource, { as }: Representation, list: ObjectList): object {
  const meta = {
    resourceVersion: list.resourceVersion,
    ...(list.continueToken ? { continue: list.continueToken } : {}),
    ...(list.remainingItemCount ? { remainingItemCount: list.remainingItemCount } : {}),
  };
  if (as?.kind === 'Table') return tableView(request, resource, list.items, meta, as.version);
  if (as)
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: `meta.k8s.io/${as.version}`,
      metadata: meta,
      items: list.items.map((object) => partialOf(object, as.version)),
    };
  const { group, version, kind } = resource.info;
  // As the API server has it, the items of a list do not repeat their kind.
  const items = list.items.map(({ apiVersion: _version, kind: _kind, ...item }) => item);
  return { kind: `${kind}List`, apiVersion: group === '' ? version : `${group}/${version}`, metadata: meta, items };
}

function tableView(
  request: ApiRequest,
  resource: Resource,
  objects: readonly KubeObject[],
  meta: { resourceVersion: string },
  version: string,
): object {
  const include = parseIncludeObject(request.query.get('includeObject'));
  return tableOf(resource.columns, objects, { meta, include, nowMs: request.nowMs(), version, withColumns: true });
}
