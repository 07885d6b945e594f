/** The replica set of a deployment's current template: found, or built; pure. */
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { controllerReference } from './owner.ts';
import { type PodTemplate, sameTemplate, TEMPLATE_HASH, templateHash } from './pod-template.ts';
import { followedAnnotations, scaleAnnotations } from './rollout-annotations.ts';
import { type Bounds, byAge } from './rollout-plan.ts';

export function findNewSet(deployment: KubeObject, sets: readonly KubeObject[]): KubeObject | undefined {
  const template = (deployment.spec?.template ?? {}) as PodTemplate;
  return [...sets].sort(byAge).find((set) => sameTemplate((set.spec?.template ?? {}) as PodTemplate, template));
}

export function buildNewSet(deployment: KubeObject, replicas: number, revision: number, bounds: Bounds): KubeObject {
  const { template, selector, minReadySeconds } = deployment.spec ?? {};
  const hash = templateHash(template as PodTemplate, deployment.status?.collisionCount ?? 0);
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      ...(deployment.metadata.namespace === undefined ? {} : { namespace: deployment.metadata.namespace }),
      labels,
      annotations: {
        ...followedAnnotations(deployment, undefined, revision),
        ...scaleAnnotations(bounds.replicas, bounds.replicas + bounds.maxSurge),
      },
      ownerReferences: [controllerReference(deployment, 'apps/v1', 'Deployment')],
    },
    spec: {
      replicas,
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
