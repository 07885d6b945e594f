import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd, type Cleanup, Running, runWell, temporaryDirectory, until } from '../journeys/processes.ts';
import { type Cri, connectCri, type Sandbox } from './cri.ts';
import { imageName, makeImage } from './image.ts';

export { imageName } from './image.ts';

const searchPath = `${process.env.PATH}:/usr/sbin:/sbin`;
const env = { ...process.env, PATH: searchPath };

/** What is missing here for a containerd of our own; undefined where it can run. */
export function missingForContainerd(): string | undefined {
  if (process.platform !== 'linux') return 'containerd runs on Linux only';
  if (process.getuid?.() !== 0) return 'containerd wants root';
  const missing = ['containerd', 'containerd-shim-runc-v2', 'runc', 'ctr'].filter((name) => !pathOf(name));
  if (missing.length > 0) return `not installed: ${missing.join(', ')} (Debian packages containerd and runc)`;
  const busybox = pathOf('busybox');
  if (!busybox) return 'not installed: busybox (Debian package busybox-static)';
  return isStatic(busybox) ? undefined : `${busybox} is not statically linked (Debian package busybox-static)`;
}

export interface Containerd {
  cri: Cri;
  /** Like /var/log/pods. */
  logRoot: string;
  /** Makes a pod that is removed at the end. */
  pod(namespace: string, name: string, uid: string): Promise<Sandbox>;
}

/** A containerd of our own: its folders, socket and state lie in a temporary folder and go with it. */
export async function startContainerd(t: Cleanup): Promise<Containerd> {
  const home = temporaryDirectory(t, 'containerd');
  const socket = join(home, 'containerd.sock');
  const config = join(home, 'config.toml');
  mkdirSync(join(home, 'cni'));
  writeFileSync(config, configText(home, socket));
  const daemon = new Running('containerd', ['--config', config], env);
  atEnd(t, () => daemon.stop());
  await until('containerd answers', () => {
    if (!daemon.isRunning) throw new Error(`containerd ended:\n${daemon.stderr}`);
    return existsSync(socket);
  });
  const image = join(home, 'image');
  mkdirSync(image);
  const tar = makeImage(image, pathOf('busybox')!);
  const ctr = ['--address', socket, '--namespace', 'k8s.io', 'images'];
  await runWell('ctr', [...ctr, 'import', '--snapshotter', 'native', tar], env);

  const cri = await connectCri(socket);
  atEnd(t, () => cri.close());
  const logRoot = join(home, 'pods');
  return {
    cri,
    logRoot,
    async pod(namespace, name, uid) {
      const logDirectory = join(logRoot, `${namespace}_${name}_${uid}`);
      mkdirSync(logDirectory, { recursive: true });
      const sandbox = await cri.runPod({ namespace, name, uid, logDirectory });
      atEnd(t, () => cri.removePod(sandbox));
      return sandbox;
    },
  };
}

function configText(home: string, socket: string): string {
  return `version = 2
root = "${home}/root"
state = "${home}/state"
[grpc]
  address = "${socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${home}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${imageName}"
  restrict_oom_score_adj = true
  max_container_log_line_size = 16384
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${home}/cni"
    conf_dir = "${home}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
`;
}

function pathOf(name: string): string | undefined {
  return searchPath
    .split(':')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** The head of a dynamically linked program names its loader. */
function isStatic(path: string): boolean {
  const head = readFileSync(path).subarray(0, 4096);
  return !head.includes('/ld-linux') && !head.includes('/ld-musl');
}
