import {
  type ApiVersion,
  createResourceVersion,
  type Resource,
  type ServeLimits,
  type SubresourceBacking,
} from '../../kubernetes/serve/serve.ts';
import { customResourceDefinitions } from './custom-resources.ts';
import type { Kind } from './kinds/kind.ts';
import { kinds } from './kinds/kinds.ts';
import type { RbacAuthorizer } from './rbac/authorizer.ts';
import { objectBacking } from './registry/object-backing.ts';
import type { Registry } from './registry/registry.ts';
import { type ReviewToken, reviews } from './reviews/reviews.ts';
import type { ServiceTokens } from './service-tokens.ts';
import { bindingOf } from './subresources/binding.ts';
import { evictionOf } from './subresources/eviction.ts';
import { finalizeOf } from './subresources/finalize.ts';
import type { KubeletAccess } from './subresources/kubelet-request.ts';
import { nodeProxyOf } from './subresources/node-proxy.ts';
import { logOf } from './subresources/pod-log.ts';
import { scaleOf } from './subresources/scale.ts';
import { tokenOf } from './subresources/token.ts';

export interface ServedOptions {
  limits: ServeLimits;
  kubelet: KubeletAccess;
  serviceTokens: ServiceTokens;
  reviewToken: ReviewToken;
  authorizer: RbacAuthorizer;
  onWatchCut(plural: string): void;
}

type MakeSubresource = (registry: Registry, kind: Kind, options: ServedOptions) => SubresourceBacking;

/** By the name in the path. Which kind has which is in the kind's own description. */
const subresources: Readonly<Record<string, MakeSubresource>> = {
  scale: scaleOf,
  binding: bindingOf,
  eviction: evictionOf,
  finalize: finalizeOf,
  log: (registry, kind, { kubelet }) => logOf(registry, kind, kubelet),
  proxy: (registry, _, { kubelet }) => nodeProxyOf(registry, kubelet),
  token: (registry, kind, { serviceTokens }) => tokenOf(registry, kind, serviceTokens),
};

/** Every group and version, out of the kinds and the reviews. */
export function servedVersions(registry: Registry, options: ServedOptions): ApiVersion[] {
  const all = [
    ...kinds.map((kind) => resourceOf(registry, kind, options)),
    customResourceDefinitions(() => registry.store.version),
    ...reviews({ schemas: registry.schemas, reviewToken: options.reviewToken, authorizer: options.authorizer }),
  ];
  const names = [...new Set(all.map(({ info }) => `${info.group}/${info.version}`))];
  return names.map((name) => {
    const resources = all.filter(({ info }) => `${info.group}/${info.version}` === name);
    const { group, version } = resources[0]!.info;
    return createResourceVersion({ group, version, resources, limits: options.limits, onWatchCut: options.onWatchCut });
  });
}

function resourceOf(registry: Registry, kind: Kind, options: ServedOptions): Resource {
  const made = kind.info.subresources
    .filter(({ name }) => name in subresources)
    .map(({ name }) => [name, subresources[name]!(registry, kind, options)] as const);
  return { info: kind.info, columns: kind.columns, backing: objectBacking(registry, kind, Object.fromEntries(made)) };
}
