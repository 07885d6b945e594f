import type { Answer, ApiRequest } from './api.ts';
import type { Verb } from './attributes.ts';
import type { Resource, Target } from './backing.ts';
import { parseWriteOptions } from './options.ts';
import { notServed, unknownPath, verbNotSupported } from './status.ts';
import { readPatch, requiredObject } from './verbs.ts';

const patchDepthMax = 200;

/** A subresource is served as it is: no tables, no views. */
export async function handleSubresource(
  request: ApiRequest,
  resource: Resource,
  target: Target,
  path: readonly string[],
  verb: Verb,
): Promise<Answer> {
  const { info, backing } = resource;
  const described = info.subresources.find(({ name }) => name === path[0]);
  const subresource = backing.subresources?.[path[0]!];
  if (!described || !subresource) throw notServed(`${info.plural}/${path[0]}`);
  if (path.length > 1 && !subresource.takesPath) throw unknownPath();
  const kind = {
    group: described.group ?? info.group,
    version: described.version ?? info.version,
    kind: described.kind,
  };
  if (verb === 'get' && subresource.get) return subresource.get(request, target);
  const write = verb === 'create' ? subresource.create : verb === 'update' ? subresource.update : undefined;
  if (write) {
    const options = parseWriteOptions(request.query);
    return write(request, target, await requiredObject(request, { info: kind }, options), options);
  }
  if (verb === 'patch' && subresource.patch)
    return subresource.patch(request, target, await readPatch(request, patchDepthMax));
  throw verbNotSupported({ group: info.group, plural: `${info.plural}/${path[0]}` }, verb);
}
