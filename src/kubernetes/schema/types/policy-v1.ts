/** Evictions, and what holds them back. The language is described in ../type-text.ts. */
export const policyV1 = `
package policy policy v1 io.k8s.api.policy.v1

kind Eviction — Asks for a pod to be removed with regard for its disruption budget.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  deleteOptions 2 meta.DeleteOptions?

kind PodDisruptionBudget — How many of a set of pods may be away at once by somebody's will.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 PodDisruptionBudgetSpec — What has to stay.
  status 3 PodDisruptionBudgetStatus — What was last counted.

PodDisruptionBudgetSpec — What has to stay of which pods.
  minAvailable 1 IntOrString? — Pods that have to stay, as a number or a share.
  selector 2 meta.LabelSelector? — Which pods.
  maxUnavailable 3 IntOrString? — Pods that may be away, as a number or a share.
  unhealthyPodEvictionPolicy 4 string? — IfHealthyBudget or AlwaysAllow.

PodDisruptionBudgetStatus — What was last counted.
  observedGeneration 1 int64
  disruptedPods 2 {}Time
  disruptionsAllowed 3 int32!
  currentHealthy 4 int32!
  desiredHealthy 5 int32!
  expectedPods 6 int32!
  conditions 7 []meta.Condition merge=type keys=type
`;
