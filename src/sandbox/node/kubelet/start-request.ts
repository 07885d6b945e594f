import { createHash } from 'node:crypto';
import type { ContainerRequest, ContainerResources, Isolation } from '../runtime/protocol.ts';
import { amountOf, ConfigError } from './downward.ts';
import { type ConfigSources, environmentOf } from './environment.ts';
import { expanded } from './expansion.ts';
import { type ContainerSpec, kindOf, type Pod } from './pod.ts';
import type { PodFiles } from './pod-files.ts';
import { identityOf } from './security-context.ts';
import { mountsOf, prepareVolumes } from './volumes.ts';

const messagePathDefault = '/dev/termination-log';

export interface RequestInputs {
  id: string;
  attempt: number;
  files: PodFiles;
  isolation: Isolation;
  sources: ConfigSources;
  logSizeBytesMax: number;
  logFilesMax: number;
}

/** All that the runtime needs to know to run a container. Rejects with ConfigError, whose reason is the waiting reason. */
export async function startRequest(
  pod: Pod,
  container: ContainerSpec,
  inputs: RequestInputs,
): Promise<ContainerRequest> {
  const { id, attempt, files, isolation, sources } = inputs;
  const command = [...(container.command ?? []), ...(container.args ?? [])];
  if (command.length === 0) {
    throw new ConfigError(
      `the sandbox runs commands, not images: give container "${container.name}" (image ${container.image ?? 'unset'}) a command or args`,
      'CreateContainerError',
    );
  }
  if (!isolation.mounts && (container.volumeMounts ?? []).length > 0) {
    throw new ConfigError(isolation.reason ?? 'mount namespaces are not available', 'CreateContainerError');
  }
  const identity = isolation.identities ? identityOf(pod, container) : undefined;
  const environment = await environmentOf(pod, container, sources, identity?.user?.uid ? '/' : '/root');
  const volumes = await prepareVolumes(pod, files.volumeDirectory, sources);
  const mounts = mountsOf(container, volumes, environment);
  if (isolation.mounts) {
    const containerPath = container.terminationMessagePath ?? messagePathDefault;
    mounts.push({ hostPath: files.messageFile(container.name, id), containerPath, readOnly: false, file: true });
  }
  return {
    id,
    podUid: pod.metadata.uid,
    podNamespace: pod.metadata.namespace,
    podName: pod.metadata.name,
    name: container.name,
    attempt,
    kind: kindOf(pod, container),
    specHash: createHash('sha256').update(JSON.stringify(container)).digest('hex').slice(0, 16),
    ...(identity ? { identity } : {}),
    argv: command.map((word) => expanded(word, environment)),
    env: [...environment],
    workingDir: container.workingDir ?? '/',
    hostname: pod.spec.hostname ?? pod.metadata.name,
    mounts,
    logPath: files.logPath(container.name, attempt),
    logSizeBytesMax: inputs.logSizeBytesMax,
    logFilesMax: inputs.logFilesMax,
    resources: resourcesOf(container),
  };
}

/** Requests default to limits, as in the API. */
function resourcesOf({ resources = {} }: ContainerSpec): ContainerResources {
  const amount = (kind: 'requests' | 'limits', name: string) => {
    const quantity = resources[kind]?.[name];
    return quantity === undefined ? undefined : amountOf(quantity);
  };
  const milli = (cores: number | undefined) => cores !== undefined && Math.ceil(cores * 1000);
  const cpuLimitMilli = milli(amount('limits', 'cpu'));
  const cpuRequestMilli = milli(amount('requests', 'cpu')) || cpuLimitMilli;
  const memoryLimitBytes = amount('limits', 'memory');
  return {
    ...(cpuRequestMilli ? { cpuRequestMilli } : {}),
    ...(cpuLimitMilli ? { cpuLimitMilli } : {}),
    ...(memoryLimitBytes ? { memoryLimitBytes: Math.ceil(memoryLimitBytes) } : {}),
  };
}
