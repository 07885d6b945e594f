import type { IncomingMessage } from 'node:http';
import { Fault } from '../../../base/fault.ts';
import type { ResourceInfo, SubresourceInfo } from '../../../kubernetes/serve/serve.ts';

interface GroupVersion {
  group: string;
  version: string;
}

interface ListedResource {
  name: string;
  singularName?: string;
  namespaced: boolean;
  kind: string;
  group?: string;
  version?: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
}

const resourcesMax = 1000;

/** Reads the whole body, or throws as soon as it is known to be too large. */
export async function boundedBody(answer: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Fault('unavailable', `the answer has more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

/** An extension server's /apis/<group>/<version> as what our own discovery is printed from. Throws for anything else. */
export function parseResourceList(body: Buffer, of: GroupVersion): ResourceInfo[] {
  const list = JSON.parse(body.toString('utf8')) as { kind?: unknown; groupVersion?: unknown; resources?: unknown };
  const wanted = `${of.group}/${of.version}`;
  if (list.kind !== 'APIResourceList' || list.groupVersion !== wanted || !Array.isArray(list.resources))
    throw new Fault('unavailable', `the answer is no APIResourceList of ${wanted}`);
  if (list.resources.length > resourcesMax)
    throw new Fault('unavailable', `the answer lists more than ${resourcesMax} resources`);
  const listed = list.resources.filter(isResource);
  return listed.filter(({ name }) => !name.includes('/')).map((resource) => infoOf(resource, listed, of));
}

function isResource(value: unknown): value is ListedResource {
  if (typeof value !== 'object' || value === null) return false;
  const { name, kind, verbs, namespaced } = value as Partial<ListedResource>;
  return typeof name === 'string' && typeof kind === 'string' && isTexts(verbs) && typeof namespaced === 'boolean';
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function infoOf(resource: ListedResource, all: readonly ListedResource[], of: GroupVersion): ResourceInfo {
  const { name, kind, namespaced, verbs, singularName, shortNames, categories } = resource;
  return {
    ...of,
    kind,
    plural: name,
    singular: typeof singularName === 'string' ? singularName : '',
    shortNames: isTexts(shortNames) ? shortNames : [],
    categories: isTexts(categories) ? categories : [],
    namespaced,
    verbs,
    subresources: all.filter((each) => each.name.startsWith(`${name}/`)).map((each) => subresourceOf(each, name)),
  };
}

function subresourceOf({ name, kind, verbs, group, version }: ListedResource, owner: string): SubresourceInfo {
  return {
    name: name.slice(owner.length + 1),
    kind,
    verbs,
    ...(typeof group === 'string' ? { group } : {}),
    ...(typeof version === 'string' ? { version } : {}),
  };
}
