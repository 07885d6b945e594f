import type { KubeObject } from '../../../kubernetes/client/client.ts';

import { mergePatched } from '../../../kubernetes/schema/merge-patch.ts';
import { labelSelectorOf, printLabelSelector } from '../../../kubernetes/selector/selector.ts';
import { invalid, type PatchOptions, type SubresourceBacking, type Target } from '../../../kubernetes/serve/serve.ts';
import { invalidValue, type Kind } from '../kinds/kind.ts';
import { jsonPatchedObject } from '../registry/patch.ts';
import { type Registry, stored } from '../registry/registry.ts';
import { replace } from '../registry/update.ts';

/** autoscaling/v1 Scale: the number of replicas, of whatever kind has one. */
export function scaleOf(registry: Registry, kind: Kind): SubresourceBacking {
  const write = (target: Target, sent: KubeObject, dryRun: boolean): KubeObject => {
    const replicas = sent.spec?.replicas ?? 0;
    if (!Number.isSafeInteger(replicas) || replicas < 0)
      throw invalid('autoscaling', 'Scale', target.name, [
        invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
      ]);
    const current = stored(registry, kind, target);
    const { uid, resourceVersion } = sent.metadata ?? {};
    const metadata = { ...current.metadata, uid: uid || current.metadata.uid!, resourceVersion: resourceVersion || '' };
    const next = { ...current, metadata, spec: { ...current.spec, replicas } };
    return scale(replace(registry, kind, 'main', current, next, dryRun));
  };
  return {
    get: async (_, target) => ({ code: 200, object: scale(stored(registry, kind, target)) }),
    update: async (_, target, object, { dryRun }) => ({ code: 200, object: write(target, object, dryRun) }),
    patch: async (_, target, options) => {
      const before = scale(stored(registry, kind, target));
      return { code: 200, object: write(target, patched(before, options), options.dryRun) };
    },
  };
}

function patched(before: KubeObject, { type, patch }: PatchOptions): KubeObject {
  const base = { ...before, metadata: { ...before.metadata, resourceVersion: '' } } as unknown as Record<
    string,
    unknown
  >;
  return type === 'json' ? jsonPatchedObject(base, patch) : (mergePatched(base, patch) as unknown as KubeObject);
}

function scale({ metadata, spec, status }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = printLabelSelector(labelSelectorOf(spec?.selector) ?? []);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject['metadata'],
    spec: { replicas: spec?.replicas ?? 0 },
    status: { replicas: status?.replicas ?? 0, selector },
  };
}
