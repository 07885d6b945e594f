import { join } from 'node:path';
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { load } from '@grpc/proto-loader';

/** What a kubelet asks of its container runtime. */
export interface Cri {
  version(): Promise<string>;
  /** Makes a pod in the node's network namespace; the result is its sandbox. */
  runPod(pod: PodOptions): Promise<Sandbox>;
  /** Makes and starts a container that logs to `<log directory>/<name>/<attempt>.log`; returns its id. */
  startContainer(sandbox: Sandbox, container: ContainerOptions): Promise<string>;
  stopContainer(id: string, timeoutSeconds: number): Promise<void>;
  removeContainer(id: string): Promise<void>;
  status(id: string): Promise<{ running: boolean; exitCode: number; reason: string }>;
  /** Tells the runtime that the log file was renamed. */
  reopenLog(id: string): Promise<void>;
  removePod(sandbox: Sandbox): Promise<void>;
  close(): void;
}

export interface PodOptions {
  namespace: string;
  name: string;
  uid: string;
  logDirectory: string;
}

export interface ContainerOptions {
  name: string;
  attempt: number;
  image: string;
  command: string[];
}

export interface Sandbox {
  id: string;
  config: unknown;
}

const CALL_TIMEOUT_MS = 60_000;
// The network namespace of the node: then no CNI plugin is needed.
const namespaces = { network: 'NODE', pid: 'CONTAINER', ipc: 'POD' };

export async function connectCri(socketPath: string): Promise<Cri> {
  const definition = await load(join(import.meta.dirname, 'cri.proto'), {
    keepCase: true,
    enums: String,
    defaults: true,
  });
  const { RuntimeService } = (loadPackageDefinition(definition) as unknown as LoadedPackage).runtime.v1;
  const client = new RuntimeService(`unix:${socketPath}`, credentials.createInsecure());
  // biome-ignore lint/suspicious/noExplicitAny: answers are what cri.proto says
  const call = (method: string, request: object): Promise<any> =>
    new Promise((resolve, reject) => {
      const deadline = new Date(Date.now() + CALL_TIMEOUT_MS);
      client[method]!(request, { deadline }, (error: Error | null, answer: unknown) => {
        if (error) reject(new Error(`${method}: ${error.message}`, { cause: error }));
        else resolve(answer);
      });
    });
  return {
    version: async () => {
      const { runtime_name, runtime_version } = await call('Version', {});
      return `${runtime_name} ${runtime_version}`;
    },
    async runPod({ namespace, name, uid, logDirectory }) {
      const config = {
        metadata: { name, uid, namespace, attempt: 0 },
        log_directory: logDirectory,
        linux: { security_context: { namespace_options: namespaces } },
      };
      return { id: (await call('RunPodSandbox', { config })).pod_sandbox_id, config };
    },
    async startContainer(sandbox, { name, attempt, image, command }) {
      const config = {
        metadata: { name, attempt },
        image: { image },
        command,
        log_path: `${name}/${attempt}.log`,
        linux: { security_context: { namespace_options: namespaces } },
      };
      const request = { pod_sandbox_id: sandbox.id, config, sandbox_config: sandbox.config };
      const { container_id } = await call('CreateContainer', request);
      await call('StartContainer', { container_id });
      return container_id;
    },
    stopContainer: (container_id, timeout) => call('StopContainer', { container_id, timeout }),
    removeContainer: (container_id) => call('RemoveContainer', { container_id }),
    async status(container_id) {
      const { status } = await call('ContainerStatus', { container_id });
      return { running: status.state === 'CONTAINER_RUNNING', exitCode: status.exit_code, reason: status.reason };
    },
    reopenLog: (container_id) => call('ReopenContainerLog', { container_id }),
    async removePod({ id }) {
      await call('StopPodSandbox', { pod_sandbox_id: id });
      await call('RemovePodSandbox', { pod_sandbox_id: id });
    },
    close: () => client.close(),
  };
}

interface LoadedPackage {
  runtime: { v1: { RuntimeService: ServiceClientConstructor } };
}
