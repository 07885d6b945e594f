/** Autoscalers. The language is described in ../type-text.ts. */
export const autoscalingV2 = `
package autoscaling2 autoscaling v2 io.k8s.api.autoscaling.v2

kind HorizontalPodAutoscaler — Keeps the number of a workload's pods where a metric wants it.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 HorizontalPodAutoscalerSpec — Which workload, and what it is scaled by.
  status 3 HorizontalPodAutoscalerStatus — What was last seen and decided.

HorizontalPodAutoscalerSpec — Which workload, and what it is scaled by.
  scaleTargetRef 1 CrossVersionObjectReference! — The workload.
  minReplicas 2 int32? default=1 — Never fewer pods.
  maxReplicas 3 int32! — Never more pods.
  metrics 4 []MetricSpec atomic — What decides; the one that wants most wins.
  behavior 5 HorizontalPodAutoscalerBehavior? — How fast it may go.

CrossVersionObjectReference
  kind 1 string!
  name 2 string!
  apiVersion 3 string

MetricSpec — One metric and its target.
  type 1 string! — Object, Pods, Resource, ContainerResource or External.
  object 2 ObjectMetricSource?
  pods 3 PodsMetricSource?
  resource 4 ResourceMetricSource?
  containerResource 7 ContainerResourceMetricSource?
  external 5 ExternalMetricSource?

HorizontalPodAutoscalerBehavior
  scaleUp 1 HPAScalingRules?
  scaleDown 2 HPAScalingRules?

HPAScalingRules
  stabilizationWindowSeconds 3 int32?
  selectPolicy 1 string? — Max, Min or Disabled.
  policies 2 []HPAScalingPolicy atomic
  tolerance 4 Quantity?

HPAScalingPolicy
  type 1 string! — Pods or Percent.
  value 2 int32!
  periodSeconds 3 int32!

ObjectMetricSource
  describedObject 1 CrossVersionObjectReference!
  target 2 MetricTarget!
  metric 3 MetricIdentifier!

PodsMetricSource
  metric 1 MetricIdentifier!
  target 2 MetricTarget!

ResourceMetricSource
  name 1 string! — cpu or memory.
  target 2 MetricTarget!

ContainerResourceMetricSource
  name 1 string!
  target 2 MetricTarget!
  container 3 string!

ExternalMetricSource
  metric 1 MetricIdentifier!
  target 2 MetricTarget!

MetricIdentifier
  name 1 string!
  selector 2 meta.LabelSelector?

MetricTarget
  type 1 string! — Utilization, Value or AverageValue.
  value 2 Quantity?
  averageValue 3 Quantity?
  averageUtilization 4 int32?

HorizontalPodAutoscalerStatus — What was last seen and decided.
  observedGeneration 1 int64?
  lastScaleTime 2 Time?
  currentReplicas 3 int32
  desiredReplicas 4 int32!
  currentMetrics 5 []MetricStatus+ atomic
  conditions 6 []HorizontalPodAutoscalerCondition merge=type keys=type

HorizontalPodAutoscalerCondition
  type 1 string!
  status 2 string!
  lastTransitionTime 3 Time
  reason 4 string
  message 5 string

MetricStatus
  type 1 string!
  object 2 ObjectMetricStatus?
  pods 3 PodsMetricStatus?
  resource 4 ResourceMetricStatus?
  containerResource 7 ContainerResourceMetricStatus?
  external 5 ExternalMetricStatus?

ObjectMetricStatus
  metric 1 MetricIdentifier!
  current 2 MetricValueStatus!
  describedObject 3 CrossVersionObjectReference!

PodsMetricStatus
  metric 1 MetricIdentifier!
  current 2 MetricValueStatus!

ResourceMetricStatus
  name 1 string!
  current 2 MetricValueStatus!

ContainerResourceMetricStatus
  name 1 string!
  current 2 MetricValueStatus!
  container 3 string!

ExternalMetricStatus
  metric 1 MetricIdentifier!
  current 2 MetricValueStatus!

MetricValueStatus
  value 1 Quantity?
  averageValue 2 Quantity?
  averageUtilization 3 int32?
`;
