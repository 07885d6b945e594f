/** Roles and who has them. The language is described in ../type-text.ts. */
export const rbacV1 = `
package rbac rbac.authorization.k8s.io v1 io.k8s.api.rbac.v1

kind Role — What may be done in its namespace, by whom it is bound to.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  rules 2 []PolicyRule+ atomic — What may be done.

kind ClusterRole — What may be done in the cluster, or, bound within a namespace, there.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  rules 2 []PolicyRule+ atomic — What may be done.
  aggregationRule 3 AggregationRule? — Collects the rules of other roles, in place of any of its own.

AggregationRule
  clusterRoleSelectors 1 []meta.LabelSelector atomic — Roles whose rules are collected.

PolicyRule — Verbs on resources or on paths; * stands for all.
  verbs 1 []string! atomic — What may be done.
  apiGroups 2 []string atomic — Groups of the resources; the core group is "".
  resources 3 []string atomic — Plural names, with a slash and the subresource where one is meant.
  resourceNames 4 []string atomic — The only objects that the rule is about; none: all.
  nonResourceURLs 5 []string atomic — Paths that are no resources; a * at the end stands for the rest.

kind RoleBinding — Gives a role to somebody in its namespace.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  subjects 2 []Subject atomic — Who.
  roleRef 3 RoleRef! — Which role; cannot change.

kind ClusterRoleBinding — Gives a cluster role to somebody in the whole cluster.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  subjects 2 []Subject atomic — Who.
  roleRef 3 RoleRef! — Which role; cannot change.

Subject — A user, a group or a service account.
  kind 1 string! — User, Group or ServiceAccount.
  apiGroup 2 string — Empty for service accounts, else rbac.authorization.k8s.io.
  name 3 string!
  namespace 4 string — Of the service account.

RoleRef — A Role of the same namespace, or a ClusterRole.
  apiGroup 1 string! default="rbac.authorization.k8s.io"
  kind 2 string!
  name 3 string!
`;
