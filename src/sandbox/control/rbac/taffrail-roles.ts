import type { DefaultBinding, DefaultRole } from './kubernetes-roles.ts';

const read = ['get', 'list', 'watch'];
const workloads: DefaultRole['rules'] = [
  { verbs: read, apiGroups: [''], resources: ['pods', 'nodes', 'namespaces', 'services', 'endpoints', 'events'] },
  { verbs: read, apiGroups: ['apps'], resources: ['deployments', 'replicasets'] },
  { verbs: read, apiGroups: ['events.k8s.io'], resources: ['events'] },
];
/** Service accounts of this namespace are Taffrail's own, as in the manifests that install it. */
const ownAccounts = 'system:serviceaccounts:taffrail';

/** What our own parts and those who only look may do, beside Kubernetes's own roles. */
export const taffrailRoles: readonly DefaultRole[] = [
  { name: 'taffrail:agent', rules: workloads },
  {
    name: 'taffrail:viewer',
    rules: [...workloads, { verbs: read, apiGroups: [''], resources: ['configmaps', 'serviceaccounts', 'pods/log'] }],
  },
];

export const taffrailBindings: readonly DefaultBinding[] = [
  { name: 'taffrail:agent', role: 'taffrail:agent', groups: ['taffrail:agents', 'taffrail:servers', ownAccounts] },
  { name: 'taffrail:viewer', role: 'taffrail:viewer', groups: ['taffrail:viewers'] },
  { name: 'taffrail:auth-delegator', role: 'system:auth-delegator', groups: ['taffrail:servers', ownAccounts] },
];
