import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { identified } from './identity.ts';
import type { ContainerMount, ContainerRequest, Isolation } from './protocol.ts';

/**
 * The shell script that is a container's first process until it hands itself over to the container's command:
 * it builds the container's file tree in a mount namespace of its own and changes into it. Complaints go to
 * descriptor 3, and `ok` as its last word.
 *
 * The tree is the host's. A mount path that the host does not have is made by laying a tmpfs over the nearest directory
 * that exists (`/` itself by pivot_root) and binding that directory's entries into it, so nothing is ever created on the
 * host. /dev is the container's own, so that /dev/termination-log can be put there.
 */
export function entryScript(
  request: ContainerRequest,
  isolation: Isolation,
  rootDirectory: string,
  /** Files that a process writes itself into to be in the container's cgroups. */
  entrances: readonly string[] = [],
): string {
  // An ordinary user's PATH may lack the directories of pivot_root and hostname.
  const lines = ['set -eu', 'exec 4>&2 2>&3', 'PATH=$PATH:/usr/sbin:/sbin'];
  // Opened while they can be seen, and used last: what is done until then is not the container's doing.
  const descriptors = entrances.map((_, index) => firstEntranceDescriptor + index);
  lines.push(...entrances.map((path, index) => `exec ${descriptors[index]}>${quoted(path)}`));
  if (isolation.mounts) lines.push(...treeLines(request, isolation, rootDirectory));
  const path = new Map(request.env).get('PATH') ?? '';
  lines.push(
    `cd ${quoted(request.workingDir)}`,
    `PATH=${quoted(path)}; command -v ${quoted(request.argv[0] ?? '')} >/dev/null || ` +
      `{ echo ${quoted(`exec: "${request.argv[0]}": executable file not found in $PATH`)} >&3; exit 127; }`,
  );
  const entries = [...request.env];
  // The mark by which a later runtime recognises what the kernel could not end together with this one.
  if (!isolation.pids || !isolation.parentDeathSignal) entries.push([survivorMark, request.id]);
  const env = entries.map(([name, value]) => quoted(`${name}=${value}`)).join(' ');
  const command = words(request.argv);
  const asUser = words(identified(request.identity, isolation, []));
  lines.push(...identityLines(request, asUser));
  lines.push(...descriptors.flatMap((descriptor) => [`echo 0 >&${descriptor}`, `exec ${descriptor}>&-`]));
  lines.push('echo ok >&3', 'exec 2>&4 3>&- 4>&-', `exec ${asUser} ${envProgram()} -i ${env} ${command}`);
  return lines.join('\n');
}

/** The streams are the user's, who may open /dev/stdout anew; what setpriv refuses is refused before the container runs. */
function identityLines({ identity }: ContainerRequest, asUser: string): string[] {
  const uid = identity?.user?.uid;
  const own = uid === undefined ? [] : [`chown ${uid} /proc/self/fd/1 /proc/self/fd/4`];
  return asUser === '' ? own : [...own, `${asUser} true`];
}

function words(argv: string[]): string {
  return argv.map(quoted).join(' ');
}

/** The shell's descriptors have one digit, which is enough for the five controllers. */
const firstEntranceDescriptor = 5;

export const survivorMark = 'TAFFRAIL_CONTAINER_ID';

/** What `env` is called is asked of the host once: inside, PATH is the container's. */
let envPath: string | undefined;
function envProgram(): string {
  envPath ??= ['/usr/bin/env', '/bin/env'].find((path) => existsSync(path)) ?? 'env';
  return envPath;
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `directory` holds two empty directories: one to build a tree on, one to keep the volumes until they are put in place. */
function treeLines(request: ContainerRequest, isolation: Isolation, directory: string): string[] {
  const mounts = request.mounts
    .map((mount) => ({ ...mount, containerPath: resolvedInHost(mount.containerPath) }))
    .sort((a, b) => a.containerPath.split('/').length - b.containerPath.split('/').length);
  const lines = [`stage=${quoted(join(directory, 'stage'))}`, `volumes=${quoted(join(directory, 'volumes'))}`];
  lines.push(...(mounts.length > 0 ? ['mount -n -t tmpfs tmpfs "$volumes"'] : []));
  // Taken first: a volume's source may lie under a path that another volume is about to cover.
  for (const [index, mount] of mounts.entries()) {
    const place = `"$volumes/${index}"`;
    lines.push(mount.file ? `: > ${place}` : `mkdir ${place}`);
    lines.push(`mount -n ${mount.file ? '--bind' : '--rbind'} ${quoted(mount.hostPath)} ${place}`);
  }
  for (const [covered, except] of coveredDirectories(mounts)) lines.push(...coverLines(covered, except));
  lines.push(...deviceLines());
  if (isolation.proc) lines.push('mount -n -t proc proc /proc');
  for (const [index, mount] of mounts.entries()) lines.push(...mountPointLines(mount), ...placeVolume(mount, index));
  if (mounts.length > 0) lines.push('umount -l "$volumes"');
  return [...lines, `hostname ${quoted(request.hostname)} 2>/dev/null || :`];
}

function deviceLines(): string[] {
  const lines = ['mount -n -t tmpfs -o mode=0755,nosuid tmpfs "$stage"'];
  for (const name of ['null', 'zero', 'full', 'random', 'urandom', 'tty']) {
    if (existsSync(`/dev/${name}`)) lines.push(`: > "$stage/${name}"`, `mount -n --bind /dev/${name} "$stage/${name}"`);
  }
  for (const name of ['pts', 'shm', 'mqueue']) {
    if (existsSync(`/dev/${name}`))
      lines.push(`mkdir "$stage/${name}"`, `mount -n --rbind /dev/${name} "$stage/${name}"`);
  }
  lines.push(
    'ln -s pts/ptmx "$stage/ptmx"',
    'ln -s /proc/self/fd "$stage/fd"',
    'ln -s /proc/self/fd/0 "$stage/stdin"',
    'ln -s /proc/self/fd/1 "$stage/stdout"',
    'ln -s /proc/self/fd/2 "$stage/stderr"',
    'mount -n --move "$stage" /dev',
  );
  return lines;
}

/** A tmpfs in the place of a host's directory, with that directory's entries bound into it. */
function coverLines(directory: string, except: string[]): string[] {
  // Unbindable, or the stage would hold a copy of itself.
  const mode = (statSync(directory).mode & 0o7777).toString(8);
  const lines = [`mount -n -t tmpfs -o mode=${mode} tmpfs "$stage"`, 'mount -n --make-unbindable "$stage"'];
  for (const name of readdirSync(directory)) {
    if (!except.includes(name)) lines.push(...entryLines(join(directory, name), `"$stage"/${quoted(name)}`));
  }
  if (directory !== '/') return [...lines, `mount -n --move "$stage" ${quoted(directory)}`];
  return [...lines, 'cd "$stage"', 'mkdir .host', 'pivot_root . .host', 'cd /', 'umount -l .host', 'rmdir .host'];
}

/** The host's files come and go while this is prepared: one that has gone is not there in the container either. */
function entryLines(path: string, target: string): string[] {
  try {
    const entry = lstatSync(path);
    if (entry.isSymbolicLink()) return [`ln -s ${quoted(readlinkSync(path))} ${target}`];
    if (entry.isDirectory()) return [`mkdir ${target}`, bindUnlessGone('--rbind', 'rmdir', path, target)];
    return [`: > ${target}`, bindUnlessGone('--bind', 'rm', path, target)];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function bindUnlessGone(bind: string, remove: string, path: string, target: string): string {
  const source = quoted(path);
  return `mount -n ${bind} ${source} ${target} || { [ ! -e ${source} ] && ${remove} ${target}; }`;
}

/**
 * The host's directories that a tmpfs has to cover because a mount path is missing in them, outermost first, with the
 * entries that must not be bound. /dev is covered anyway, and what is inside of a volume is made there.
 */
function coveredDirectories(mounts: ContainerMount[]): [directory: string, except: string[]][] {
  const covered = new Map<string, string[]>();
  for (const mount of mounts) {
    const path = mount.containerPath;
    if (path.startsWith('/dev/') || mounts.some((other) => path.startsWith(`${other.containerPath}/`))) continue;
    if (existsSync(path) && statSync(path).isDirectory() === !mount.file) continue;
    const parent = existingParent(path);
    covered.set(parent, [...(covered.get(parent) ?? []), basename(path)]);
  }
  return [...covered].sort(([a], [b]) => a.length - b.length);
}

function mountPointLines(mount: ContainerMount): string[] {
  const target = quoted(mount.containerPath);
  if (!mount.file) return [`mkdir -p ${target}`];
  return [`mkdir -p ${quoted(dirname(mount.containerPath))}`, `[ -e ${target} ] || : > ${target}`];
}

function placeVolume(mount: ContainerMount, index: number): string[] {
  const target = quoted(mount.containerPath);
  const lines = [`mount -n --move "$volumes/${index}" ${target}`];
  if (mount.readOnly) {
    // In a user namespace the flags that the source's mount is locked with have to be repeated.
    const attempts = ['', ',nosuid,nodev', ',nosuid,nodev,noexec', ',nosuid,nodev,noatime'];
    const remounts = attempts.map((flags) => `mount -n -o remount,bind,ro${flags} ${target} 2>/dev/null`);
    lines.push(
      `${remounts.join(' || ')} || { echo ${quoted(`cannot make ${mount.containerPath} read-only`)} >&3; exit 125; }`,
    );
  }
  return lines;
}

function existingParent(path: string): string {
  let parent = dirname(path);
  while (!existsSync(parent)) parent = dirname(parent);
  return parent;
}

/** Follows the host's symbolic links (/var/run is /run), since a mount goes to where a path really leads. */
function resolvedInHost(path: string): string {
  const clean = join('/', path).replace(/\/+$/, '') || '/';
  const parts: string[] = [];
  let existing = clean;
  while (!existsSync(existing)) {
    parts.unshift(basename(existing));
    existing = dirname(existing);
  }
  return join(realpathSync(existing), ...parts);
}
