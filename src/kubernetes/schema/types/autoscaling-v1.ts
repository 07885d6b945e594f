/** The scale subresource. The language is described in ../type-text.ts. */
export const autoscalingV1 = `
package autoscaling autoscaling v1 io.k8s.api.autoscaling.v1

kind Scale — How many copies a workload has and should have.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 ScaleSpec
  status 3 ScaleStatus

ScaleSpec
  replicas 1 int32

ScaleStatus
  replicas 1 int32!
  selector 2 string
`;
