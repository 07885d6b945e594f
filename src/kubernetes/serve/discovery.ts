import type { ApiVersion, ResourceInfo, SubresourceInfo } from './api.ts';

/** The views of /api and /apis that carry everything at once; asked for by clients since 1.26. */
export const discoveryViews: ReadonlySet<string> = new Set([
  'APIGroupDiscoveryList.v2.apidiscovery.k8s.io',
  'APIGroupDiscoveryList.v2beta1.apidiscovery.k8s.io',
]);

const gvOf = (group: string, version: string) => (group === '' ? version : `${group}/${version}`);

/** /api: the core group's versions, with the address that clients reach us at. */
export function legacyVersions(versions: readonly ApiVersion[], address: string): object {
  return {
    kind: 'APIVersions',
    versions: versions.filter(({ group }) => group === '').map(({ version }) => version),
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  };
}

/** /apis: the named groups. */
export function groupList(versions: readonly ApiVersion[]): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: namedGroups(versions).map((group) => groupOf(versions, group)),
  };
}

/** /apis/<group>; undefined where there is none. */
export function groupDocument(versions: readonly ApiVersion[], group: string): object | undefined {
  if (group === '' || !versions.some((version) => version.group === group)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(versions, group) };
}

/** /api/v1 and /apis/<group>/<version>. */
export function resourceList(version: ApiVersion): object {
  return {
    kind: 'APIResourceList',
    ...(version.group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: gvOf(version.group, version.version),
    resources: version
      .resources()
      .flatMap((info) => [legacyResource(info), ...info.subresources.map((sub) => legacySubresource(info, sub))]),
  };
}

/** The aggregated document of /api (the core alone) or /apis (all others). */
export function aggregatedDiscovery(versions: readonly ApiVersion[], core: boolean, documentVersion: string): object {
  const groups = core ? [''] : namedGroups(versions);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${documentVersion}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
      versions: versions
        .filter((version) => version.group === group)
        .map((version) => ({
          version: version.version,
          resources: version.resources().map(aggregatedResource),
          freshness: version.remote?.freshness() ?? 'Current',
        })),
    })),
  };
}

function namedGroups(versions: readonly ApiVersion[]): string[] {
  return [...new Set(versions.map(({ group }) => group))].filter((group) => group !== '');
}

/** The first version of a group that is given is the preferred one. */
function groupOf(versions: readonly ApiVersion[], name: string): object {
  const described = versions
    .filter(({ group }) => group === name)
    .map(({ version }) => ({ groupVersion: gvOf(name, version), version }));
  return { name, versions: described, preferredVersion: described[0] };
}

function legacyResource(info: ResourceInfo): object {
  return {
    name: info.plural,
    singularName: info.singular,
    namespaced: info.namespaced,
    kind: info.kind,
    verbs: info.verbs,
    ...(info.shortNames.length > 0 ? { shortNames: info.shortNames } : {}),
    ...(info.categories.length > 0 ? { categories: info.categories } : {}),
  };
}

function legacySubresource(info: ResourceInfo, subresource: SubresourceInfo): object {
  return {
    name: `${info.plural}/${subresource.name}`,
    singularName: '',
    namespaced: info.namespaced,
    ...(subresource.version === undefined ? {} : { group: subresource.group ?? '', version: subresource.version }),
    kind: subresource.kind,
    verbs: subresource.verbs,
  };
}

function aggregatedResource(info: ResourceInfo): object {
  return {
    resource: info.plural,
    responseKind: { group: info.group, version: info.version, kind: info.kind },
    scope: info.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: info.singular,
    verbs: info.verbs,
    ...(info.shortNames.length > 0 ? { shortNames: info.shortNames } : {}),
    ...(info.categories.length > 0 ? { categories: info.categories } : {}),
    ...(info.subresources.length > 0
      ? {
          subresources: info.subresources.map((subresource) => ({
            subresource: subresource.name,
            responseKind: {
              group: subresource.group ?? info.group,
              version: subresource.version ?? info.version,
              kind: subresource.kind,
            },
            verbs: subresource.verbs,
          })),
        }
      : {}),
  };
}
