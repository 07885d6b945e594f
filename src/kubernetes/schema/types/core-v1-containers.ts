/** Containers and what they hold. The language is described in ../type-text.ts. */
export const coreV1Containers = `
package core core v1 io.k8s.api.core.v1

Container — One container of a pod.
  name 1 string! — Name, unique in the pod.
  image 2 string demanded — Image to run.
  command 3 []string — Replaces the image's entry point; not run through a shell.
  args 4 []string — Arguments for the command.
  workingDir 5 string — Directory to start in.
  ports 6 []ContainerPort merge=containerPort keys=containerPort,protocol — Ports that the container listens on; for information.
  envFrom 19 []EnvFromSource — Whole config maps and secrets that become environment variables.
  env 7 []EnvVar merge=name keys=name — Environment variables.
  resources 8 ResourceRequirements — Requests and limits of processor time, memory and more.
  resizePolicy 23 []ContainerResizePolicy
  restartPolicy 24 string? — Always makes an init container run beside the others.
  volumeMounts 9 []VolumeMount merge=mountPath keys=mountPath — Where volumes appear in the container.
  volumeDevices 21 []VolumeDevice merge=devicePath keys=devicePath
  livenessProbe 10 Probe? — Restarts the container when it fails.
  readinessProbe 11 Probe? — Takes the pod out of services while it fails.
  startupProbe 22 Probe? — Holds back the other probes until it succeeds.
  lifecycle 12 Lifecycle? — Actions after the start and before the stop.
  terminationMessagePath 13 string default="/dev/termination-log" — File whose content becomes the message of the ended container.
  terminationMessagePolicy 20 string default="File" — File, or FallbackToLogsOnError.
  imagePullPolicy 14 string — Always, Never or IfNotPresent.
  securityContext 15 SecurityContext? — User, group and privileges of this container.
  stdin 16 bool — Keep standard input open.
  stdinOnce 17 bool
  tty 18 bool — Give the container a terminal.

ContainerPort — A port that a container listens on.
  name 1 string — Name that services can refer to.
  hostPort 2 int32
  containerPort 3 int32! — Number of the port, 1 to 65535.
  protocol 4 string default="TCP" — TCP, UDP or SCTP.
  hostIP 5 string

EnvFromSource — A config map or secret whose keys become environment variables.
  prefix 1 string
  configMapRef 2 ConfigMapEnvSource?
  secretRef 3 SecretEnvSource?

ConfigMapEnvSource
  ^ 1 LocalObjectReference
  optional 2 bool?

SecretEnvSource
  ^ 1 LocalObjectReference
  optional 2 bool?

EnvVar — One environment variable.
  name 1 string! — Name of the variable.
  value 2 string — Value; $(NAME) stands for a variable defined before.
  valueFrom 3 EnvVarSource? — Where the value comes from, when it is not given here.

EnvVarSource — Where the value of an environment variable comes from.
  fieldRef 1 ObjectFieldSelector? — A field of the pod itself.
  resourceFieldRef 2 ResourceFieldSelector? — A request or limit of a container.
  configMapKeyRef 3 ConfigMapKeySelector? — A key of a config map.
  secretKeyRef 4 SecretKeySelector? — A key of a secret.

ConfigMapKeySelector
  ^ 1 LocalObjectReference
  key 2 string!
  optional 3 bool?

SecretKeySelector
  ^ 1 LocalObjectReference
  key 2 string!
  optional 3 bool?

ResourceRequirements — Requests and limits of resources.
  limits 1 {}Quantity — What may be used at most.
  requests 2 {}Quantity — What is set aside.
  claims 3 []ResourceClaim keys=name

ResourceClaim
  name 1 string!
  request 2 string

ContainerResizePolicy
  resourceName 1 string!
  restartPolicy 2 string!

VolumeMount — Where a volume appears in a container.
  name 1 string! — Name of the volume.
  readOnly 2 bool — Do not allow writing.
  recursiveReadOnly 7 string?
  mountPath 3 string! — Path in the container.
  subPath 4 string — Path within the volume to mount.
  mountPropagation 5 string?
  subPathExpr 6 string

VolumeDevice
  name 1 string!
  devicePath 2 string!

Probe — A check on a container.
  ^ 1 ProbeHandler
  initialDelaySeconds 2 int32 — Seconds after the start before the first check.
  timeoutSeconds 3 int32 default=1 — Seconds after which a check counts as failed.
  periodSeconds 4 int32 default=10 — Seconds between checks.
  successThreshold 5 int32 default=1 — Successes in a row that count.
  failureThreshold 6 int32 default=3 — Failures in a row that count.
  terminationGracePeriodSeconds 7 int64?

ProbeHandler
  exec 1 ExecAction? — Runs a command in the container.
  httpGet 2 HTTPGetAction? — Makes an HTTP request.
  tcpSocket 3 TCPSocketAction? — Opens a connection.
  grpc 4 GRPCAction?

ExecAction
  command 1 []string

HTTPGetAction
  path 1 string default="/"
  port 2 IntOrString!
  host 3 string
  scheme 4 string default="HTTP"
  httpHeaders 5 []HTTPHeader

HTTPHeader
  name 1 string!
  value 2 string+

TCPSocketAction
  port 1 IntOrString!
  host 2 string

GRPCAction
  port 1 int32!
  service 2 string?+ default=""

Lifecycle
  postStart 1 LifecycleHandler?
  preStop 2 LifecycleHandler?
  stopSignal 3 string?

LifecycleHandler
  exec 1 ExecAction?
  httpGet 2 HTTPGetAction?
  tcpSocket 3 TCPSocketAction?
  sleep 4 SleepAction?

SleepAction
  seconds 1 int64!

SecurityContext
  capabilities 1 Capabilities?
  privileged 2 bool?
  seLinuxOptions 3 SELinuxOptions?
  windowsOptions 10 WindowsSecurityContextOptions?
  runAsUser 4 int64?
  runAsGroup 8 int64?
  runAsNonRoot 5 bool?
  readOnlyRootFilesystem 6 bool?
  allowPrivilegeEscalation 7 bool?
  procMount 9 string?
  seccompProfile 11 SeccompProfile?
  appArmorProfile 12 AppArmorProfile?

Capabilities
  add 1 []string
  drop 2 []string

SELinuxOptions
  user 1 string
  role 2 string
  type 3 string
  level 4 string

WindowsSecurityContextOptions
  gmsaCredentialSpecName 1 string?
  gmsaCredentialSpec 2 string?
  runAsUserName 3 string?
  hostProcess 4 bool?

SeccompProfile
  type 1 string!
  localhostProfile 2 string?

AppArmorProfile
  type 1 string!
  localhostProfile 2 string?

ContainerStatus — State of one container.
  name 1 string!
  state 2 ContainerState — What it is doing now.
  lastState 3 ContainerState — How it ended the last time.
  ready 4 bool! — Whether its readiness check succeeds.
  restartCount 5 int32! — How many times it was started again.
  image 6 string!
  imageID 7 string!
  containerID 8 string — Id given by the runtime.
  started 9 bool? — Whether it has started.
  allocatedResources 10 {}Quantity
  resources 11 ResourceRequirements?
  volumeMounts 12 []VolumeMountStatus merge=mountPath keys=mountPath
  user 13 ContainerUser?
  allocatedResourcesStatus 14 []ResourceStatus merge=name keys=name
  stopSignal 15 string?

ContainerState — Exactly one of waiting, running and terminated.
  waiting 1 ContainerStateWaiting?
  running 2 ContainerStateRunning?
  terminated 3 ContainerStateTerminated?

ContainerStateWaiting
  reason 1 string — Why it does not run, as one word.
  message 2 string — Why it does not run, for people.

ContainerStateRunning
  startedAt 1 Time

ContainerStateTerminated — How a container ended.
  exitCode 1 int32! — Exit code of the process.
  signal 2 int32 — Signal that ended it.
  reason 3 string — Why it ended, as one word.
  message 4 string — Why it ended, for people.
  startedAt 5 Time — When it started.
  finishedAt 6 Time — When it ended.
  containerID 7 string

VolumeMountStatus
  name 1 string!
  mountPath 2 string!
  readOnly 3 bool
  recursiveReadOnly 4 string?

ContainerUser
  linux 1 LinuxContainerUser?

LinuxContainerUser
  uid 1 int64!
  gid 2 int64!
  supplementalGroups 3 []int64

ResourceStatus
  name 1 string!
  resources 2 []ResourceHealth keys=resourceID

ResourceHealth
  resourceID 1 string!
  health 2 string
`;
