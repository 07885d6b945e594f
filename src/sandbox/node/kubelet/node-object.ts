import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { arch, availableParallelism, hostname, platform, release, totalmem } from 'node:os';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { NodeTaint } from './api.ts';
import { seconds } from './status.ts';

export interface NodeFacts {
  name: string;
  kubeletPort: number;
  logRoot: string;
  runtimeReady: boolean;
  diskPressure: boolean;
  nowMs: number;
  /** When each condition last changed. */
  since: Map<string, { status: string; atMs: number }>;
}

const podsMax = 110;
const kubeletVersion = 'v1.33.0+taffrail';
export const pressureTaint: NodeTaint = { key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' };

/** The Node as the kubelet of this machine reports it. */
export function nodeObject(facts: NodeFacts): KubeObject {
  const { name, kubeletPort } = facts;
  const architecture = arch() === 'x64' ? 'amd64' : arch();
  const disk = statfsSync(facts.logRoot);
  const capacity = {
    cpu: String(availableParallelism()),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    'ephemeral-storage': `${Math.floor((disk.blocks * disk.bsize) / 1024)}Ki`,
    pods: String(podsMax),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': platform(),
        'kubernetes.io/arch': architecture,
      },
      annotations: { 'taffrail.dev/sandbox': 'processes of this machine' },
    },
    status: {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: hostname() },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      conditions: conditions(facts),
      nodeInfo: {
        architecture,
        operatingSystem: platform(),
        kernelVersion: release(),
        osImage: osImage(),
        containerRuntimeVersion: 'taffrail://0.1.0',
        kubeletVersion,
        kubeProxyVersion: '',
        machineID: firstLine('/etc/machine-id'),
        systemUUID: '',
        bootID: firstLine('/proc/sys/kernel/random/boot_id'),
      },
    },
  };
}

function conditions({ runtimeReady, diskPressure, nowMs, since }: NodeFacts): object[] {
  const condition = (type: string, on: boolean, reason: string, message: string) => {
    const status = on ? 'True' : 'False';
    const before = since.get(type);
    if (before?.status !== status) since.set(type, { status, atMs: nowMs });
    const lastTransitionTime = seconds(since.get(type)?.atMs);
    return { type, status, lastHeartbeatTime: seconds(nowMs), lastTransitionTime, reason, message };
  };
  return [
    condition('MemoryPressure', false, 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    diskPressure
      ? condition('DiskPressure', true, 'KubeletHasDiskPressure', 'kubelet has disk pressure')
      : condition('DiskPressure', false, 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    condition('PIDPressure', false, 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    runtimeReady
      ? condition('Ready', true, 'KubeletReady', 'kubelet is posting ready status')
      : condition('Ready', false, 'KubeletNotReady', 'container runtime is down'),
  ];
}

function osImage(): string {
  const match = existsSync('/etc/os-release')
    ? /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))
    : null;
  return match?.[1] ?? platform();
}

function firstLine(path: string): string {
  return existsSync(path) ? (readFileSync(path, 'utf8').split('\n')[0] ?? '') : '';
}
