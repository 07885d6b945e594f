import type { Identity, Isolation } from './protocol.ts';

/**
 * The command line that runs `argv` as this user and with these privileges, from a process that may still do anything.
 * Changing the user makes the kernel forget the signal that a dying parent sends, so it is asked for again.
 */
export function identified(identity: Identity | undefined, isolation: Isolation, argv: string[]): string[] {
  const flags = identity === undefined ? [] : flagsOf(identity);
  if (flags.length === 0) return argv;
  const dieWithParent = isolation.parentDeathSignal ? ['--pdeathsig', 'KILL'] : [];
  return ['setpriv', ...flags, ...dieWithParent, '--', ...argv];
}

function flagsOf({ user, drop = [], noNewPrivileges }: Identity): string[] {
  const flags: string[] = [];
  if (user) {
    const groups = user.groups.length === 0 ? ['--clear-groups'] : ['--groups', user.groups.join(',')];
    flags.push('--reuid', String(user.uid), '--regid', String(user.gid), ...groups);
  }
  if (drop.length > 0) {
    const capabilities = drop.join(',');
    flags.push('--inh-caps', capabilities, '--bounding-set', capabilities);
  }
  if (noNewPrivileges) flags.push('--no-new-privs');
  return flags;
}
