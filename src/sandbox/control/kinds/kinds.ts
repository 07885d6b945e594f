import { apiServices } from './aggregation.ts';
import { horizontalPodAutoscalers } from './autoscaling.ts';
import { leases, namespaces, nodes } from './cluster.ts';
import { configMaps, secrets, serviceAccounts } from './configuration.ts';
import { events, groupEvents } from './events.ts';
import type { Kind } from './kind.ts';
import { endpointSlices, endpoints, services } from './network.ts';
import { pods } from './pods.ts';
import { podDisruptionBudgets } from './policy.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './rbac.ts';
import { deployments, replicaSets } from './workloads.ts';

/** The registry: every kind that is served, in the order of discovery. */
export const kinds: readonly Kind[] = [
  apiServices,
  configMaps,
  endpoints,
  events,
  namespaces,
  nodes,
  pods,
  secrets,
  serviceAccounts,
  services,
  deployments,
  replicaSets,
  groupEvents,
  horizontalPodAutoscalers,
  podDisruptionBudgets,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  leases,
  endpointSlices,
];
