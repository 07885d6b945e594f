import { execFile } from 'node:child_process';
import type { Isolation } from './protocol.ts';

/** A probe that takes longer has failed. */
const probeMsMax = 5000;

export type Probe = (command: string, args: string[]) => Promise<string | undefined>;

/** Undefined when the command succeeded, else what it said. */
export const runProbe: Probe = (command, args) =>
  new Promise((resolve) => {
    execFile(command, args, { timeout: probeMsMax }, (error, _stdout, stderr) => {
      resolve(error ? stderr.trim() || error.message : undefined);
    });
  });

/** Finds out by trying what this machine and this user allow: the most isolation that works is used. */
export async function probeIsolation(root: boolean, probe: Probe = runProbe): Promise<Isolation> {
  const parentDeathSignal = (await probe('setpriv', ['--pdeathsig', 'KILL', 'true'])) === undefined;
  const asNobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--bounding-set', '-all', 'true'];
  const identities = root && (await probe('setpriv', asNobody)) === undefined;
  const none = { mounts: false, pids: false, users: false, proc: false, identities, parentDeathSignal };
  let refusal = '';
  for (const users of root ? [false] : [true]) {
    const user = users ? ['-U', '-r'] : [];
    const mounted = await probe('unshare', [...user, '-m', '-p', '-f', '--kill-child', 'true']);
    if (mounted === undefined) {
      const proc =
        (await probe('unshare', [...user, '-m', '-p', '-f', '--mount-proc', '--kill-child', 'true'])) === undefined;
      return { mounts: true, pids: true, users, proc, identities, parentDeathSignal };
    }
    refusal = mounted;
    const pids = (await probe('unshare', [...user, '-p', '-f', '--kill-child', 'true'])) === undefined;
    if (pids) return { ...none, pids, users, reason: whatToDo(refusal, root) };
  }
  return { ...none, reason: whatToDo(refusal, root) };
}

function whatToDo(refusal: string, root: boolean): string {
  const said = refusal.split('\n')[0] ?? '';
  if (said.includes('ENOENT')) {
    return 'the program unshare (package util-linux) is not installed; containers run as plain process groups and pods that mount a volume wait: install util-linux';
  }
  const remedy = root
    ? 'run the sandbox where CAP_SYS_ADMIN is given (for example not in an unprivileged container)'
    : 'allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0, kernel.apparmor_restrict_unprivileged_userns=0) or run the sandbox as root';
  return `mount namespaces are not allowed here (${said}); pods that mount a volume wait: ${remedy}`;
}

/**
 * The outer process stays behind to report the status: `unshare --fork` of util-linux 2.38 reports 1 for a child that was
 * killed. It keeps quiet, since its stderr is the container's: were the redirections not the subshell's own, it would say
 * "Killed" there.
 */
const outerScript = 'exec 5>&1 6>&2 >/dev/null 2>&1; (exec "$@" >&5 2>&6 5>&- 6>&-); exit $?';

/** The command line that puts `argv` into namespaces of its own; the first child of its process is the container. */
export function isolated(isolation: Isolation, argv: string[]): string[] {
  const { mounts, pids, users, parentDeathSignal } = isolation;
  const dieWithParent = parentDeathSignal ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];
  if (!pids) return [...dieWithParent, ...argv];
  const namespaces = [...(users ? ['-U', '-r'] : []), ...(mounts ? ['-m', '-u'] : []), '-p'];
  const outer = ['/bin/sh', '-c', outerScript, 'taffrail-container'];
  return [...dieWithParent, 'unshare', ...namespaces, '--', ...outer, ...dieWithParent, ...argv];
}

/** Enters the cgroups whose files come before `--`, then becomes what comes after. */
const joiningScript = 'while [ "$1" != -- ]; do echo 0 > "$1"; shift; done; shift; exec "$@"';

/**
 * The command line that runs `argv` inside a container whose first process has this pid, and in its cgroups by way of their
 * `entrances`: what is done in a container is the container's use.
 */
export function entered(isolation: Isolation, pid: number, argv: string[], entrances: string[] = []): string[] {
  const { mounts, pids, users } = isolation;
  const joining = entrances.length > 0 ? ['/bin/sh', '-c', joiningScript, 'sh', ...entrances, '--'] : [];
  if (!pids) return [...joining, ...argv];
  const flags = [...(users ? ['-U', '--preserve-credentials'] : []), ...(mounts ? ['-m', '-u', '-r', '-w'] : []), '-p'];
  return [...joining, 'nsenter', '-t', String(pid), ...flags, '--', ...argv];
}
