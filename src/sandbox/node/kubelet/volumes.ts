import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { ContainerMount } from '../runtime/protocol.ts';
import { ConfigError, podField, resourceField } from './downward.ts';
import { type ConfigSources, dataOf, lookUp, missing } from './environment.ts';
import { expanded } from './expansion.ts';
import type { ContainerSpec, DownwardItem, KeyToPath, Pod, VolumeSpec } from './pod.ts';

const modeDefault = 0o644;
const unsupported = (volume: VolumeSpec, kind: string) =>
  new ConfigError(
    `volume "${volume.name}" is of kind ${kind}; the sandbox mounts emptyDir, hostPath, configMap, secret, downwardAPI and projected`,
    'FailedMount',
  );

/**
 * Brings a pod's volumes into being below `directory` and gives the host path of each. Done once for a pod: calling it
 * again leaves what an emptyDir holds alone and writes configuration files anew.
 */
export async function prepareVolumes(
  pod: Pod,
  directory: string,
  sources: ConfigSources,
): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    const path = join(directory, volume.name);
    if (volume.hostPath) paths.set(volume.name, hostPath(volume.name, volume.hostPath));
    else {
      const empty = volume.emptyDir !== undefined || Object.keys(volume).length === 1;
      const files = empty ? undefined : await filesOf(pod, volume, sources);
      mkdirSync(path, { recursive: true });
      chmodSync(path, empty ? 0o777 : 0o755);
      if (files) writeFiles(path, files);
      paths.set(volume.name, path);
    }
  }
  return paths;
}

export function mountsOf(
  container: ContainerSpec,
  volumes: ReadonlyMap<string, string>,
  environment: ReadonlyMap<string, string>,
): ContainerMount[] {
  return (container.volumeMounts ?? []).map((mount) => {
    const volume = volumes.get(mount.name);
    if (volume === undefined) throw new ConfigError(`volumeMount "${mount.name}" names no volume of the pod`);
    const subPath = mount.subPathExpr === undefined ? (mount.subPath ?? '') : expanded(mount.subPathExpr, environment);
    const source = subPath === '' ? volume : subPathOf(volume, subPath);
    return {
      hostPath: source,
      containerPath: mount.mountPath,
      readOnly: mount.readOnly === true,
      file: !statSync(source).isDirectory(),
    };
  });
}

function subPathOf(volume: string, subPath: string): string {
  const path = join(volume, normalize(subPath));
  if (subPath.startsWith('/') || subPath.split('/').includes('..')) {
    throw new ConfigError(`subPath "${subPath}" must be relative and must not contain '..'`);
  }
  if (!existsSync(path)) mkdirSync(path, { recursive: true });
  const real = realpathSync(path);
  if (real !== volume && !real.startsWith(`${realpathSync(volume)}/`)) {
    throw new ConfigError(`subPath "${subPath}" leads out of its volume`);
  }
  return real;
}

function hostPath(name: string, { path, type = '' }: { path: string; type?: string }): string {
  const entry = existsSync(path) ? statSync(path) : undefined;
  const fail = (problem: string) =>
    new ConfigError(`hostPath type check failed for volume "${name}": ${path} ${problem}`, 'FailedMount');
  if (type === 'DirectoryOrCreate' || (type === '' && !entry)) {
    if (entry && !entry.isDirectory()) throw fail('is not a directory');
    mkdirSync(path, { recursive: true, mode: 0o755 });
  } else if (type === 'FileOrCreate') {
    if (entry && !entry.isFile()) throw fail('is not a file');
    if (!entry) closeSync(openSync(path, 'a', 0o644));
  } else if (type !== '') {
    const fits = {
      Directory: entry?.isDirectory(),
      File: entry?.isFile(),
      Socket: entry?.isSocket(),
      CharDevice: entry?.isCharacterDevice(),
      BlockDevice: entry?.isBlockDevice(),
    }[type];
    if (!fits)
      throw fail(
        `is not a ${type === 'CharDevice' ? 'character device' : type === 'BlockDevice' ? 'block device' : type.toLowerCase()}`,
      );
  }
  return path;
}

interface VolumeFile {
  content: Buffer;
  mode: number;
}

async function filesOf(pod: Pod, volume: VolumeSpec, sources: ConfigSources): Promise<Map<string, VolumeFile>> {
  const files = new Map<string, VolumeFile>();
  const mode =
    volume.configMap?.defaultMode ??
    volume.secret?.defaultMode ??
    volume.downwardAPI?.defaultMode ??
    volume.projected?.defaultMode ??
    modeDefault;
  const parts = volume.projected ? (volume.projected.sources ?? []) : [volume];
  for (const part of parts) {
    if (part.configMap) await addKeys(files, pod, 'configmap', part.configMap.name, part.configMap, mode, sources);
    else if (part.secret) {
      const { name, secretName } = part.secret as { name?: string; secretName?: string };
      await addKeys(files, pod, 'secret', name ?? secretName, part.secret, mode, sources);
    } else if (part.downwardAPI) addFields(files, pod, part.downwardAPI.items ?? [], mode, sources);
    else throw unsupported(volume, Object.keys(part).find((key) => key !== 'name') ?? 'unknown');
  }
  return files;
}

async function addKeys(
  files: Map<string, VolumeFile>,
  pod: Pod,
  kind: 'configmap' | 'secret',
  name: string | undefined,
  options: { items?: KeyToPath[]; optional?: boolean },
  mode: number,
  sources: ConfigSources,
): Promise<void> {
  const data = dataOf(await lookUp(pod, kind, name ?? '', sources));
  if (!data) {
    if (options.optional) return;
    throw new ConfigError(missing(kind, name).message, 'FailedMount');
  }
  const items = options.items ?? [...data.keys()].map((key): KeyToPath => ({ key, path: key }));
  for (const item of items) {
    const content = data.get(item.key);
    if (content) files.set(item.path, { content, mode: item.mode ?? mode });
    else if (!options.optional)
      throw new ConfigError(
        `references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${item.key}`,
        'FailedMount',
      );
  }
}

function addFields(
  files: Map<string, VolumeFile>,
  pod: Pod,
  items: DownwardItem[],
  mode: number,
  sources: ConfigSources,
): void {
  for (const item of items) {
    const text = item.fieldRef
      ? podField(pod, item.fieldRef.fieldPath, sources.nodeName)
      : resourceField(pod, undefined, item.resourceFieldRef ?? { resource: '' });
    files.set(item.path, { content: Buffer.from(text), mode: item.mode ?? mode });
  }
}

function writeFiles(directory: string, files: Map<string, VolumeFile>): void {
  for (const [name, { content, mode }] of files) {
    const path = join(directory, normalize(`/${name}`));
    mkdirSync(dirname(path), { recursive: true });
    if (lstatSync(path, { throwIfNoEntry: false })) rmSync(path, { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, mode);
  }
}
