import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { Kind } from '../kinds/kind.ts';
import { clusterRoleBindings, clusterRoles, rbacGroup, roles } from '../kinds/rbac.ts';
import { type Registry, timestamp } from '../registry/registry.ts';
import { type DefaultBinding, type DefaultRole, kubernetesBindings, kubernetesRoles } from './kubernetes-roles.ts';
import { missingRules, type PolicyRule } from './rules.ts';
import { taffrailBindings, taffrailRoles } from './taffrail-roles.ts';

const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate';
const bootstrapping = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const aggregateLabel = (into: string) => `rbac.authorization.k8s.io/aggregate-to-${into}`;

/** Everybody who runs an extension server binds this role, to read whom to believe. */
const authenticationReader: KubeObject = {
  apiVersion: `${rbacGroup}/v1`,
  kind: 'Role',
  metadata: { name: 'extension-apiserver-authentication-reader', namespace: 'kube-system' },
  rules: [
    {
      verbs: ['get', 'list', 'watch'],
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: ['extension-apiserver-authentication'],
    },
  ],
};

/**
 * Puts the default roles and bindings there at every start. What is missing in one is added again, unless its annotation
 * says not to; what somebody has added stays.
 */
export function ensureRoles(registry: Registry): void {
  registry.store.atomically(() => {
    for (const role of [...kubernetesRoles, ...taffrailRoles]) ensure(registry, clusterRoles, roleObject(role));
    for (const binding of [...kubernetesBindings, ...taffrailBindings])
      ensure(registry, clusterRoleBindings, bindingObject(binding));
    ensure(registry, roles, authenticationReader);
  });
}

function ensure({ store, newUid, nowMs }: Registry, { stored }: Kind, wanted: KubeObject): void {
  const { name, namespace = '' } = wanted.metadata;
  const held = store.read(stored, { namespace, name });
  if (!held) {
    const metadata = {
      ...wanted.metadata,
      uid: newUid(),
      creationTimestamp: timestamp(nowMs()),
      labels: { ...bootstrapping, ...wanted.metadata.labels },
      annotations: { [autoupdate]: 'true' },
    };
    store.write(stored, { ...wanted, metadata }, undefined);
    return;
  }
  if (held.metadata.annotations?.[autoupdate] !== 'true') return;
  const next = wanted.subjects ? withSubjects(held, wanted) : withRules(held, wanted);
  if (next) store.write(stored, next, held);
}

function withRules(held: KubeObject, wanted: KubeObject): KubeObject | undefined {
  // The rules of a role that collects others come from those.
  if (wanted.aggregationRule) return undefined;
  const missing = missingRules((held.rules ?? []) as PolicyRule[], wanted.rules);
  return missing.length === 0 ? undefined : { ...held, rules: [...(held.rules ?? []), ...missing] };
}

function withSubjects(held: KubeObject, wanted: KubeObject): KubeObject | undefined {
  const has = new Set((held.subjects ?? []).map(({ kind, name }: { kind: string; name: string }) => `${kind}/${name}`));
  const missing = wanted.subjects.filter(
    ({ kind, name }: { kind: string; name: string }) => !has.has(`${kind}/${name}`),
  );
  return missing.length === 0 ? undefined : { ...held, subjects: [...(held.subjects ?? []), ...missing] };
}

function roleObject({ name, partOf, collects, rules }: DefaultRole): KubeObject {
  return {
    apiVersion: `${rbacGroup}/v1`,
    kind: 'ClusterRole',
    metadata: { name, ...(partOf ? { labels: { [aggregateLabel(partOf)]: 'true' } } : {}) },
    rules,
    ...(collects
      ? { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregateLabel(collects)]: 'true' } }] } }
      : {}),
  };
}

function bindingObject({ name, role, groups }: DefaultBinding): KubeObject {
  return {
    apiVersion: `${rbacGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: role },
    subjects: groups.map((group) => ({ kind: 'Group', apiGroup: rbacGroup, name: group })),
  };
}
