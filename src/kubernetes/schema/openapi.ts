/** OpenAPI documents over what is served, printed from the types: kubectl's explain, apply and validation read them. */
import type { ObjectType } from './api-type.ts';
import { definitionsOf, type OpenApiNode } from './openapi-definitions.ts';
import { pathsOf, type ServedResource } from './openapi-paths.ts';
import type { Schemas } from './registry.ts';
import type { GroupVersionKind } from './schema.ts';

export type { ServedResource } from './openapi-paths.ts';

const info = { title: 'Kubernetes', version: 'v1.33.0' };
/** Taken or given by resources of every group. */
const sharedKinds = ['DeleteOptions', 'Status', 'WatchEvent'];

export interface GroupVersion {
  group: string;
  version: string;
}

/** The document behind /openapi/v3/api/v1 and /openapi/v3/apis/<group>/<version>; resources of other groups are left out. */
export function openApiV3(schemas: Schemas, of: GroupVersion, resources: readonly ServedResource[]): OpenApiNode {
  const served = resources.filter(({ group, version }) => group === of.group && version === of.version);
  return {
    openapi: '3.0.0',
    info,
    paths: pathsOf(served, 'v3', (gvk) => schemas.typeOf(gvk)?.definition),
    components: { schemas: definitionsOf(rootsOf(schemas, served), 'v3', kindsOf(served)) },
  };
}

/** The document behind /openapi/v2, over all groups. */
export function openApiV2(schemas: Schemas, resources: readonly ServedResource[]): OpenApiNode {
  return {
    swagger: '2.0',
    info,
    paths: pathsOf(resources, 'v2', (gvk) => schemas.typeOf(gvk)?.definition),
    definitions: definitionsOf(rootsOf(schemas, resources), 'v2', kindsOf(resources)),
  };
}

function rootsOf(schemas: Schemas, resources: readonly ServedResource[]): ObjectType[] {
  const gvks = resources.flatMap(({ group, version, kind, subresources = [] }): GroupVersionKind[] => [
    { group, version, kind },
    { group, version, kind: `${kind}List` },
    ...subresources.map((sub) => ({ group: sub.group ?? group, version: sub.version ?? version, kind: sub.kind })),
    ...sharedKinds.map((shared) => ({ group, version, kind: shared })),
  ]);
  return gvks.map((gvk) => schemas.typeOf(gvk)).filter((type) => type !== undefined);
}

/** Kinds of meta/v1 belong to every group and version that is served. */
function kindsOf(resources: readonly ServedResource[]): (type: ObjectType) => GroupVersionKind[] {
  const versions = new Map(resources.map(({ group, version }) => [`${group}/${version}`, { group, version }]));
  return (type) => {
    if (!type.isKind) return [];
    if (type.group !== 'meta.k8s.io') return [{ group: type.group, version: type.version, kind: type.name }];
    return [...versions.values()].map((served) => ({ ...served, kind: type.name }));
  };
}
