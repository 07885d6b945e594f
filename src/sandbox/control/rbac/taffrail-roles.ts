import type { DefaultBinding, DefaultRole } from './kubernetes-roles.ts';

const read = ['get', 'list', 'watch'];
const workloads: DefaultRole['rules'] = [
  { verbs: read, apiGroups: [''], resources: ['pods', 'nodes', 'namespaces', 'services', 'endpoints', 'events'] },
  { verbs: read, apiGroups: ['apps'], resources: ['deployments', 'replicasets'] },
  { verbs: read, apiGroups: ['events.k8s.io'], resources: ['events'] },
];
/** Service accounts of this namespace are Taffrail's own, as in the manifests that install it. */
const ownAccounts = 'system:serviceaccounts:taffrail';

/** What scraping finds targets by and makes series of, and the kubelets' pages. */
const scraped: DefaultRole['rules'] = [
  { verbs: ['get'], apiGroups: [''], resources: ['nodes/metrics'] },
  { verbs: read, apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'] },
  { verbs: read, apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'] },
  { verbs: read, apiGroups: ['apps'], resources: ['statefulsets', 'daemonsets'] },
  { verbs: read, apiGroups: ['batch'], resources: ['jobs', 'cronjobs'] },
  { verbs: read, apiGroups: ['networking.k8s.io'], resources: ['ingresses'] },
  { verbs: read, apiGroups: ['monitoring.coreos.com'], resources: ['servicemonitors', 'podmonitors'] },
];

/** What our own parts and those who only look may do, beside Kubernetes's own roles. */
export const taffrailRoles: readonly DefaultRole[] = [
  { name: 'taffrail:agent', rules: workloads },
  { name: 'taffrail:server', rules: [...workloads, ...scraped] },
  {
    name: 'taffrail:viewer',
    rules: [...workloads, { verbs: read, apiGroups: [''], resources: ['configmaps', 'serviceaccounts', 'pods/log'] }],
  },
];

export const taffrailBindings: readonly DefaultBinding[] = [
  { name: 'taffrail:agent', role: 'taffrail:agent', groups: ['taffrail:agents', ownAccounts] },
  { name: 'taffrail:server', role: 'taffrail:server', groups: ['taffrail:servers'] },
  { name: 'taffrail:viewer', role: 'taffrail:viewer', groups: ['taffrail:viewers'] },
  { name: 'taffrail:auth-delegator', role: 'system:auth-delegator', groups: ['taffrail:servers', ownAccounts] },
];
