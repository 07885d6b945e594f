/** The other objects of the core group. The language is described in ../type-text.ts. */
export const coreV1Objects = `
package core core v1 io.k8s.api.core.v1

kind Namespace — A scope for names and for access.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 NamespaceSpec — What holds back the deletion.
  status 3 NamespaceStatus — Where it is in its life.

NamespaceSpec — Finalizers that hold back the deletion.
  finalizers 1 []string

NamespaceStatus — Where the namespace is in its life.
  phase 1 string default="Active" — Active or Terminating.
  conditions 2 []NamespaceCondition merge=type keys=type

NamespaceCondition
  type 1 string!
  status 2 string!
  lastTransitionTime 4 Time
  reason 5 string
  message 6 string

kind Node — A machine that runs pods.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 NodeSpec — What is decided about it.
  status 3 NodeStatus — What was last seen of it.

NodeSpec — What is decided about a node.
  podCIDR 1 string
  podCIDRs 7 []string merge set
  providerID 3 string
  unschedulable 4 bool — No new pods are placed here.
  taints 5 []Taint — Keep pods away that do not tolerate them.
  configSource 6 NodeConfigSource?
  externalID 2 string

Taint
  key 1 string! — Name of the taint.
  value 2 string
  effect 3 string! — NoSchedule, PreferNoSchedule or NoExecute.
  timeAdded 4 Time?

NodeConfigSource
  configMap 2 ConfigMapNodeConfigSource?

ConfigMapNodeConfigSource
  namespace 1 string!
  name 2 string!
  uid 3 string
  resourceVersion 4 string
  kubeletConfigKey 5 string!

NodeStatus — What was last seen of a node.
  capacity 1 {}Quantity — All resources of the node.
  allocatable 2 {}Quantity — Resources that pods may use.
  phase 3 string
  conditions 4 []NodeCondition merge=type keys=type — Readiness and pressures as named conditions.
  addresses 5 []NodeAddress merge=type keys=type — Addresses under which the node is reached.
  daemonEndpoints 6 NodeDaemonEndpoints
  nodeInfo 7 NodeSystemInfo — Versions and ids that the node reports.
  images 8 []ContainerImage
  volumesInUse 9 []string
  volumesAttached 10 []AttachedVolume
  config 11 NodeConfigStatus?
  runtimeHandlers 12 []NodeRuntimeHandler
  features 13 NodeFeatures?

NodeCondition
  type 1 string! — Ready, MemoryPressure, DiskPressure and so on.
  status 2 string! — True, False or Unknown.
  lastHeartbeatTime 3 Time — When it was last confirmed.
  lastTransitionTime 4 Time — When the status last changed.
  reason 5 string
  message 6 string

NodeAddress
  type 1 string!
  address 2 string!

NodeDaemonEndpoints
  kubeletEndpoint 1 DaemonEndpoint

DaemonEndpoint
  Port 1 int32!

NodeSystemInfo
  machineID 1 string!
  systemUUID 2 string!
  bootID 3 string!
  kernelVersion 4 string! — Version of the kernel.
  osImage 5 string! — Name of the operating system.
  containerRuntimeVersion 6 string! — Name and version of the container runtime.
  kubeletVersion 7 string! — Version of the kubelet.
  kubeProxyVersion 8 string!
  operatingSystem 9 string!
  architecture 10 string! — Architecture of the processor.
  swap 11 NodeSwapStatus?

NodeSwapStatus
  capacity 1 int64?

ContainerImage
  names 1 []string+
  sizeBytes 2 int64

AttachedVolume
  name 1 string!
  devicePath 2 string!

NodeConfigStatus
  assigned 1 NodeConfigSource?
  active 2 NodeConfigSource?
  lastKnownGood 3 NodeConfigSource?
  error 4 string

NodeRuntimeHandler
  name 1 string+
  features 2 NodeRuntimeHandlerFeatures?

NodeRuntimeHandlerFeatures
  recursiveReadOnlyMounts 1 bool?
  userNamespaces 2 bool?

NodeFeatures
  supplementalGroupsPolicy 1 bool?

kind Event — Something that happened to an object (core form).
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  involvedObject 2 ObjectReference! — What it happened to.
  reason 3 string — Why, as one word.
  message 4 string — What happened, for people.
  source 5 EventSource — Who reported it.
  firstTimestamp 6 Time — When it was first seen.
  lastTimestamp 7 Time — When it was last seen.
  count 8 int32 — How often it happened.
  type 9 string — Normal or Warning.
  eventTime 10 MicroTime — When it happened.
  series 11 EventSeries? — Repetitions of the same.
  action 12 string — What was done about it.
  related 13 ObjectReference? — A second object that it concerns.
  reportingComponent 14 string+ — Name of the reporting controller.
  reportingInstance 15 string+ — Which of its instances.

EventSource
  component 1 string
  host 2 string

EventSeries
  count 1 int32
  lastObservedTime 2 MicroTime

kind ConfigMap — Settings as keys and values.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  immutable 4 bool? — The values can no longer change.
  data 2 {}string — Values in UTF-8.
  binaryData 3 {}bytes — Values in base64.

kind Secret — Confidential values.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  immutable 5 bool?
  data 2 {}bytes — Values in base64.
  stringData 4 {}string — Values as plain text; written only, merged into data.
  type 3 string default="Opaque" — What the secret is for.

kind Service — A stable address for a set of pods.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 ServiceSpec — Which pods, and how they are reached.
  status 3 ServiceStatus

ServiceSpec — Which pods a service stands for, and how they are reached.
  ports 1 []ServicePort merge=port keys=port,protocol — Ports that the service offers.
  selector 2 {}string atomic — Labels of the pods.
  clusterIP 3 string
  clusterIPs 18 []string
  type 4 string default="ClusterIP" — ClusterIP, NodePort, LoadBalancer or ExternalName.
  externalIPs 5 []string
  sessionAffinity 7 string default="None"
  loadBalancerIP 8 string
  loadBalancerSourceRanges 9 []string
  externalName 10 string
  externalTrafficPolicy 11 string
  healthCheckNodePort 12 int32
  publishNotReadyAddresses 13 bool
  sessionAffinityConfig 14 SessionAffinityConfig?
  ipFamilies 19 []string
  ipFamilyPolicy 17 string?
  allocateLoadBalancerNodePorts 20 bool?
  loadBalancerClass 21 string?
  internalTrafficPolicy 22 string?
  trafficDistribution 23 string?

ServicePort
  name 1 string
  protocol 2 string default="TCP" — TCP, UDP or SCTP.
  appProtocol 6 string?
  port 3 int32! — Port of the service.
  targetPort 4 IntOrString — Port of the pods, as number or name.
  nodePort 5 int32 — Port on every node.

SessionAffinityConfig
  clientIP 1 ClientIPConfig?

ClientIPConfig
  timeoutSeconds 1 int32?

ServiceStatus
  loadBalancer 1 LoadBalancerStatus
  conditions 2 []meta.Condition merge=type keys=type

LoadBalancerStatus
  ingress 1 []LoadBalancerIngress

LoadBalancerIngress
  ip 1 string
  hostname 2 string
  ipMode 3 string?
  ports 4 []PortStatus

PortStatus
  port 1 int32!
  protocol 2 string!
  error 3 string?

kind Endpoints — The addresses behind a service.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  subsets 2 []EndpointSubset

EndpointSubset
  addresses 1 []EndpointAddress
  notReadyAddresses 2 []EndpointAddress
  ports 3 []EndpointPort

EndpointAddress
  ip 1 string!
  hostname 3 string
  nodeName 4 string?
  targetRef 2 ObjectReference?

EndpointPort
  name 1 string
  port 2 int32!
  protocol 3 string default="TCP"
  appProtocol 4 string?

kind ServiceAccount — An identity for what runs in pods.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  secrets 2 []ObjectReference merge=name keys=name
  imagePullSecrets 3 []LocalObjectReference
  automountServiceAccountToken 4 bool?

kind Binding — Ties a pod to a node.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  target 2 ObjectReference! — The node.

LocalObjectReference — Points at an object of the same namespace.
  name 1 string default="" — Name of the object.

ObjectFieldSelector
  apiVersion 1 string default="v1"
  fieldPath 2 string!

ResourceFieldSelector
  containerName 1 string
  resource 2 string!
  divisor 3 Quantity

ObjectReference — Points at another object.
  kind 1 string — Kind of the object.
  namespace 2 string — Namespace of the object.
  name 3 string — Name of the object.
  uid 4 string — Uid of the object.
  apiVersion 5 string — Group and version of the object.
  resourceVersion 6 string
  fieldPath 7 string — A part of the object, as spec.containers{name}.

PodTemplateSpec — The pod that a controller makes copies of.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 PodSpec
`;
