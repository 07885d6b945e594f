/** Pods and what places them. The language is described in ../type-text.ts. */
export const coreV1Pods = `
package core core v1 io.k8s.api.core.v1

kind Pod — One or more containers that share a node, a network and volumes, and live and die together.
  metadata 1 meta.ObjectMeta — Name, labels, owners and other facts about the object itself.
  spec 2 PodSpec — What should run.
  status 3 PodStatus — What was last seen of it; written by the node.

PodSpec — What a pod should run and under which rules.
  volumes 1 []Volume merge=name retainKeys keys=name — Volumes that the pod's containers can mount.
  initContainers 20 []Container merge=name keys=name — Containers that run one after the other, each to its end, before the others start.
  containers 2 []Container! merge=name keys=name — The containers that run side by side; at least one.
  ephemeralContainers 34 []EphemeralContainer merge=name keys=name — Containers added to a running pod for debugging.
  restartPolicy 3 string default="Always" — Whether ended containers start again: Always, OnFailure or Never.
  terminationGracePeriodSeconds 4 int64? default=30 — Seconds between the request to stop and the kill.
  activeDeadlineSeconds 5 int64? — Seconds after which a pod that still runs is failed.
  dnsPolicy 6 string default="ClusterFirst" — How names are resolved: ClusterFirst, ClusterFirstWithHostNet, Default or None.
  nodeSelector 7 {}string atomic — Labels that a node must carry to be chosen.
  serviceAccountName 8 string — Account under which the pod talks to the API.
  serviceAccount 9 string
  automountServiceAccountToken 21 bool?
  nodeName 10 string — Node that runs the pod; set by the scheduler.
  hostNetwork 11 bool — Use the node's network.
  hostPID 12 bool — Use the node's process ids.
  hostIPC 13 bool
  shareProcessNamespace 27 bool?
  securityContext 14 PodSecurityContext? default={} — Users, groups and privileges for all containers.
  imagePullSecrets 15 []LocalObjectReference merge=name keys=name
  hostname 16 string — Host name inside the pod.
  subdomain 17 string
  affinity 18 Affinity? — Finer rules for choosing a node.
  schedulerName 19 string default="default-scheduler" — Scheduler that places the pod.
  tolerations 22 []Toleration — Taints of nodes that the pod puts up with.
  hostAliases 23 []HostAlias merge=ip keys=ip
  priorityClassName 24 string — Name of the class that gives the pod its priority.
  priority 25 int32?
  dnsConfig 26 PodDNSConfig?
  readinessGates 28 []PodReadinessGate
  runtimeClassName 29 string?
  enableServiceLinks 30 bool?
  preemptionPolicy 31 string?
  overhead 32 {}Quantity
  topologySpreadConstraints 33 []TopologySpreadConstraint merge=topologyKey keys=topologyKey,whenUnsatisfiable
  setHostnameAsFQDN 35 bool?
  os 36 PodOS?
  hostUsers 37 bool?
  schedulingGates 38 []PodSchedulingGate merge=name keys=name
  resourceClaims 39 []PodResourceClaim merge=name retainKeys keys=name
  resources 40 ResourceRequirements?

EphemeralContainer
  ^ 1 EphemeralContainerCommon
  targetContainerName 2 string

EphemeralContainerCommon
  name 1 string!
  image 2 string
  command 3 []string
  args 4 []string
  workingDir 5 string
  ports 6 []ContainerPort merge=containerPort keys=containerPort,protocol
  envFrom 19 []EnvFromSource
  env 7 []EnvVar merge=name keys=name
  resources 8 ResourceRequirements
  resizePolicy 23 []ContainerResizePolicy
  restartPolicy 24 string?
  volumeMounts 9 []VolumeMount merge=mountPath keys=mountPath
  volumeDevices 21 []VolumeDevice merge=devicePath keys=devicePath
  livenessProbe 10 Probe?
  readinessProbe 11 Probe?
  startupProbe 22 Probe?
  lifecycle 12 Lifecycle?
  terminationMessagePath 13 string default="/dev/termination-log"
  terminationMessagePolicy 20 string default="File"
  imagePullPolicy 14 string
  securityContext 15 SecurityContext?
  stdin 16 bool
  stdinOnce 17 bool
  tty 18 bool

PodSecurityContext
  seLinuxOptions 1 SELinuxOptions?
  windowsOptions 8 WindowsSecurityContextOptions?
  runAsUser 2 int64?
  runAsGroup 6 int64?
  runAsNonRoot 3 bool?
  supplementalGroups 4 []int64
  supplementalGroupsPolicy 12 string?
  fsGroup 5 int64?
  sysctls 7 []Sysctl
  fsGroupChangePolicy 9 string?
  seccompProfile 10 SeccompProfile?
  appArmorProfile 11 AppArmorProfile?
  seLinuxChangePolicy 13 string?

Sysctl
  name 1 string!
  value 2 string!

Affinity
  nodeAffinity 1 NodeAffinity?
  podAffinity 2 PodAffinity?
  podAntiAffinity 3 PodAntiAffinity?

NodeAffinity
  requiredDuringSchedulingIgnoredDuringExecution 1 NodeSelector?
  preferredDuringSchedulingIgnoredDuringExecution 2 []PreferredSchedulingTerm

NodeSelector
  nodeSelectorTerms 1 []NodeSelectorTerm!

NodeSelectorTerm
  matchExpressions 1 []NodeSelectorRequirement
  matchFields 2 []NodeSelectorRequirement

NodeSelectorRequirement
  key 1 string!
  operator 2 string!
  values 3 []string

PreferredSchedulingTerm
  weight 1 int32!
  preference 2 NodeSelectorTerm!

PodAffinity
  requiredDuringSchedulingIgnoredDuringExecution 1 []PodAffinityTerm
  preferredDuringSchedulingIgnoredDuringExecution 2 []WeightedPodAffinityTerm

PodAffinityTerm
  labelSelector 1 meta.LabelSelector?
  namespaces 2 []string
  topologyKey 3 string!
  namespaceSelector 4 meta.LabelSelector?
  matchLabelKeys 5 []string
  mismatchLabelKeys 6 []string

WeightedPodAffinityTerm
  weight 1 int32!
  podAffinityTerm 2 PodAffinityTerm!

PodAntiAffinity
  requiredDuringSchedulingIgnoredDuringExecution 1 []PodAffinityTerm
  preferredDuringSchedulingIgnoredDuringExecution 2 []WeightedPodAffinityTerm

Toleration
  key 1 string — Taint that is tolerated; all when empty.
  operator 2 string — Exists or Equal.
  value 3 string — Value of the taint, for Equal.
  effect 4 string — Effect that is tolerated; all when empty.
  tolerationSeconds 5 int64? — How long a NoExecute taint is tolerated.

HostAlias
  ip 1 string!
  hostnames 2 []string

PodDNSConfig
  nameservers 1 []string
  searches 2 []string
  options 3 []PodDNSConfigOption

PodDNSConfigOption
  name 1 string
  value 2 string?

PodReadinessGate
  conditionType 1 string!

TopologySpreadConstraint
  maxSkew 1 int32!
  topologyKey 2 string!
  whenUnsatisfiable 3 string!
  labelSelector 4 meta.LabelSelector?
  minDomains 5 int32?
  nodeAffinityPolicy 6 string?
  nodeTaintsPolicy 7 string?
  matchLabelKeys 8 []string

PodOS
  name 1 string!

PodSchedulingGate
  name 1 string!

PodResourceClaim
  name 1 string!
  resourceClaimName 3 string?
  resourceClaimTemplateName 4 string?

PodStatus — What was last seen of a pod.
  observedGeneration 17 int64
  phase 1 string — Pending, Running, Succeeded, Failed or Unknown.
  conditions 2 []PodCondition merge=type keys=type — Readiness, scheduling and initialisation as named conditions.
  message 3 string — Why the pod is in this state, for people.
  reason 4 string — Why the pod is in this state, as one word.
  nominatedNodeName 11 string
  hostIP 5 string — Address of the node.
  hostIPs 16 []HostIP merge=ip
  podIP 6 string — Address of the pod.
  podIPs 12 []PodIP merge=ip keys=ip
  startTime 7 Time? — When the node accepted the pod.
  initContainerStatuses 10 []ContainerStatus — State of each init container.
  containerStatuses 8 []ContainerStatus — State of each container.
  qosClass 9 string — Guaranteed, Burstable or BestEffort, from requests and limits.
  ephemeralContainerStatuses 13 []ContainerStatus
  resize 14 string
  resourceClaimStatuses 15 []PodResourceClaimStatus merge=name retainKeys keys=name

PodCondition — One aspect of a pod's state.
  type 1 string! — PodScheduled, Initialized, ContainersReady, Ready and so on.
  observedGeneration 7 int64
  status 2 string! — True, False or Unknown.
  lastProbeTime 3 Time
  lastTransitionTime 4 Time — When the status last changed.
  reason 5 string — Why, as one word.
  message 6 string — Why, for people.

HostIP
  ip 1 string!

PodIP
  ip 1 string!

PodResourceClaimStatus
  name 1 string!
  resourceClaimName 2 string?
`;
