/** Evictions. The language is described in ../type-text.ts. */
export const policyV1 = `
package policy policy v1 io.k8s.api.policy.v1

kind Eviction — Asks for a pod to be removed with regard for its disruption budget.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  deleteOptions 2 meta.DeleteOptions?
`;
