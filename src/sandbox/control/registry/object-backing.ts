import type { Backing, SubresourceBacking } from '../../../kubernetes/serve/serve.ts';
import type { Kind } from '../kinds/kind.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import { type Registry, shown, stored } from './registry.ts';
import { update } from './update.ts';
import { watch } from './watch.ts';

/** Everything that can be done with the objects of a kind, whatever the kind. */
export function objectBacking(
  registry: Registry,
  kind: Kind,
  subresources: Readonly<Record<string, SubresourceBacking>>,
): Backing {
  return {
    get: async (_, target) => shown(kind, stored(registry, kind, target)),
    list: async (_, target, options) => list(registry, kind, target, options),
    watch: (_, target, options, sink) => watch(registry, kind, target, options, sink),
    create: async (request, target, object, options) => create(registry, kind, request, target, object, options),
    update: async (request, target, object, options) =>
      update(registry, kind, 'main', request, target, object, options),
    patch: async (request, target, options) => patch(registry, kind, 'main', request, target, options),
    delete: async (_, target, options) => remove(registry, kind, target, options),
    deleteCollection: async (_, target, listOptions, options) => {
      const found = list(registry, kind, target, listOptions);
      registry.store.atomically(() => {
        for (const { metadata } of found.items)
          remove(registry, kind, { namespace: metadata.namespace ?? '', name: metadata.name }, options);
      });
      return found;
    },
    subresources: kind.hasStatus ? { status: statusOf(registry, kind), ...subresources } : subresources,
  };
}

function statusOf(registry: Registry, kind: Kind): SubresourceBacking {
  return {
    get: async (_, target) => ({ code: 200, object: shown(kind, stored(registry, kind, target)) }),
    update: async (request, target, object, options) => ({
      code: 200,
      object: update(registry, kind, 'status', request, target, object, options),
    }),
    patch: async (request, target, options) => ({
      code: 200,
      object: patch(registry, kind, 'status', request, target, options).object,
    }),
  };
}
