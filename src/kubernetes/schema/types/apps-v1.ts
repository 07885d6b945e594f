/** Deployments and replica sets. The language is described in ../type-text.ts. */
export const appsV1 = `
package apps apps v1 io.k8s.api.apps.v1

kind Deployment — Keeps a number of equal pods running and changes them step by step.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 DeploymentSpec — What should run, how many, and how changes are made.
  status 3 DeploymentStatus — How far it has come.

DeploymentSpec — What a deployment keeps running.
  replicas 1 int32? default=1 — How many pods.
  selector 2 meta.LabelSelector?! — Which pods belong to it; must match the template's labels.
  template 3 core.PodTemplateSpec! — The pod to make copies of.
  strategy 4 DeploymentStrategy retainKeys — How old pods are replaced by new ones.
  minReadySeconds 5 int32 — Seconds that a pod must be ready before it counts as available.
  revisionHistoryLimit 6 int32? default=10 — How many old replica sets are kept to go back to.
  paused 7 bool — Do not start rollouts.
  progressDeadlineSeconds 9 int32? default=600 — Seconds without progress after which a rollout counts as failed.

DeploymentStrategy — How pods are replaced.
  type 1 string default="RollingUpdate" — RollingUpdate or Recreate.
  rollingUpdate 2 RollingUpdateDeployment? — Bounds of a rolling update.

RollingUpdateDeployment — Bounds of a rolling update, as numbers or percentages.
  maxUnavailable 1 IntOrString? default="25%" — How many pods may be missing.
  maxSurge 2 IntOrString? default="25%" — How many pods may be too many.

DeploymentStatus — How far a deployment has come.
  observedGeneration 1 int64 — The generation that this status is about.
  replicas 2 int32 — Pods of all replica sets.
  updatedReplicas 3 int32 — Pods of the current template.
  readyReplicas 7 int32 — Pods that are ready.
  availableReplicas 4 int32 — Pods that have been ready for long enough.
  unavailableReplicas 5 int32 — Pods that are still missing.
  terminatingReplicas 9 int32?
  conditions 6 []DeploymentCondition merge=type keys=type — Availability and progress as named conditions.
  collisionCount 8 int32?

DeploymentCondition
  type 1 string!
  status 2 string!
  lastUpdateTime 6 Time
  lastTransitionTime 7 Time
  reason 4 string
  message 5 string

kind ReplicaSet — Keeps a number of equal pods running.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 ReplicaSetSpec — What should run and how many.
  status 3 ReplicaSetStatus — How many there are.

ReplicaSetSpec — What a replica set keeps running.
  replicas 1 int32? default=1 — How many pods.
  minReadySeconds 4 int32
  selector 2 meta.LabelSelector?! — Which pods belong to it.
  template 3 core.PodTemplateSpec — The pod to make copies of.

ReplicaSetStatus
  replicas 1 int32! — How many pods there are.
  fullyLabeledReplicas 2 int32
  readyReplicas 4 int32 — Pods that are ready.
  availableReplicas 5 int32 — Pods that have been ready for long enough.
  terminatingReplicas 7 int32?
  observedGeneration 3 int64 — The generation that this status is about.
  conditions 6 []ReplicaSetCondition merge=type keys=type

ReplicaSetCondition
  type 1 string!
  status 2 string!
  lastTransitionTime 3 Time
  reason 4 string
  message 5 string
`;
