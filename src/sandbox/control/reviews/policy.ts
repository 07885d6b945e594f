import type { Authorize, RequestAttributes, UserInfo } from '../../../kubernetes/serve/serve.ts';

/** One line of who may do what, as RBAC has it; `*` stands for all. */
export interface PolicyRule {
  group: string;
  verbs: readonly string[];
  apiGroups: readonly string[];
  /** Plural names, with a slash and the subresource where one is meant. */
  resources: readonly string[];
}

const read = ['get', 'list', 'watch'];
/** Service accounts of this namespace are Taffrail's own, as in the manifests that install it. */
const ownAccounts = 'system:serviceaccounts:taffrail';
const workloads = ['pods', 'nodes', 'namespaces', 'services', 'endpoints', 'deployments', 'replicasets', 'events'];

/** The sandbox has no RBAC objects; it has these groups. Certificates name them (O=…). */
export const policy: readonly PolicyRule[] = [
  { group: 'system:masters', verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  {
    group: 'system:nodes',
    verbs: read,
    apiGroups: [''],
    resources: [...workloads, 'configmaps', 'secrets', 'serviceaccounts'],
  },
  {
    group: 'system:nodes',
    verbs: ['create', 'update', 'patch'],
    apiGroups: [''],
    resources: ['nodes', 'nodes/status', 'events', 'pods/status'],
  },
  { group: 'system:nodes', verbs: ['create', 'delete'], apiGroups: [''], resources: ['pods', 'pods/eviction'] },
  {
    group: 'system:nodes',
    verbs: ['get', 'create', 'update', 'patch'],
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
  },
  { group: 'taffrail:agents', verbs: read, apiGroups: ['', 'apps'], resources: workloads },
  { group: 'taffrail:servers', verbs: read, apiGroups: ['', 'apps'], resources: workloads },
  { group: ownAccounts, verbs: read, apiGroups: ['', 'apps'], resources: workloads },
  {
    group: ownAccounts,
    verbs: ['create'],
    apiGroups: ['authentication.k8s.io', 'authorization.k8s.io'],
    resources: ['tokenreviews', 'subjectaccessreviews'],
  },
  {
    group: 'taffrail:servers',
    verbs: ['create'],
    apiGroups: ['authentication.k8s.io', 'authorization.k8s.io'],
    resources: ['tokenreviews', 'subjectaccessreviews'],
  },
  {
    group: 'taffrail:viewers',
    verbs: read,
    apiGroups: ['', 'apps', 'events.k8s.io'],
    resources: [...workloads, 'configmaps', 'serviceaccounts', 'pods/log'],
  },
  {
    group: 'system:authenticated',
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io', 'authentication.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'],
  },
];

export const authorize: Authorize = (user, attributes) => {
  const rule = policy.find((each) => user.groups.includes(each.group) && covers(each, attributes));
  return { allowed: rule !== undefined, reason: '' };
};

export function rulesOf(user: UserInfo): PolicyRule[] {
  return policy.filter(({ group }) => user.groups.includes(group));
}

function covers(rule: PolicyRule, { verb, group, plural, subresource }: RequestAttributes): boolean {
  const resource = subresource === '' ? plural : `${plural}/${subresource}`;
  const has = (list: readonly string[], value: string) => list.includes('*') || list.includes(value);
  return has(rule.verbs, verb) && has(rule.apiGroups, group) && has(rule.resources, resource);
}
