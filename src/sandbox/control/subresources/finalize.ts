import type { SubresourceBacking } from '../../../kubernetes/serve/serve.ts';
import type { Kind } from '../kinds/kind.ts';
import { type Registry, requireUnchanged, shown, stored } from '../registry/registry.ts';
import { isFinished } from '../registry/update.ts';

/** Where the namespace controller says that a namespace is empty: without finalizers in its spec it goes. */
export function finalizeOf(registry: Registry, namespaces: Kind): SubresourceBacking {
  return {
    update: async (_, target, sent, { dryRun }) => {
      const current = stored(registry, namespaces, target);
      const { uid, resourceVersion } = sent.metadata ?? {};
      requireUnchanged(namespaces, current, { uid, resourceVersion });
      const finalizers: string[] = sent.spec?.finalizers ?? [];
      const next = { ...current, spec: finalizers.length > 0 ? { finalizers } : {} };
      if (dryRun) return { code: 200, object: next };
      const written = isFinished(next)
        ? registry.store.remove(namespaces.stored, next)
        : registry.store.write(namespaces.stored, next, current);
      return { code: 200, object: shown(namespaces, written) };
    },
  };
}
