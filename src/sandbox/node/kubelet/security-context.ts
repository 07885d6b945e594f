import type { Identity } from '../runtime/protocol.ts';
import { ConfigError } from './downward.ts';
import { type ContainerSpec, type Pod, titleOf } from './pod.ts';

/**
 * Who a container runs as, by its own securityContext and then its pod's; undefined where neither says anything. There is
 * no image to name a user, so a container that names none is root. Throws ConfigError where it must not be.
 */
export function identityOf(pod: Pod, container: ContainerSpec): Identity | undefined {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const uid = own.runAsUser ?? shared.runAsUser;
  const gid = own.runAsGroup ?? shared.runAsGroup;
  const groups = shared.supplementalGroups ?? [];
  if ((own.runAsNonRoot ?? shared.runAsNonRoot) && !uid) throw refusedRoot(pod, container, uid);
  const user = uid !== undefined || gid !== undefined || groups.length > 0;
  const drop = capabilitiesOf(own.capabilities ?? {});
  const noNewPrivileges = own.allowPrivilegeEscalation === false;
  if (!user && drop.length === 0 && !noNewPrivileges) return undefined;
  return {
    ...(user ? { user: { uid: uid ?? 0, gid: gid ?? 0, groups } } : {}),
    ...(drop.length > 0 ? { drop } : {}),
    ...(noNewPrivileges ? { noNewPrivileges } : {}),
  };
}

/** Without a drop the container has all of them, so that there is nothing to add. */
function capabilitiesOf({ add = [], drop = [] }: { add?: string[]; drop?: string[] }): string[] {
  if (drop.length === 0) return [];
  const named = (sign: string) => (name: string) => `${sign}${name.toLowerCase().replace(/^cap_/, '')}`;
  return [...drop.map(named('-')), ...add.map(named('+'))];
}

function refusedRoot(pod: Pod, { name }: ContainerSpec, uid: number | undefined): ConfigError {
  const where = `(pod: "${titleOf(pod)}", container: ${name})`;
  if (uid === 0) return new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  return new ConfigError(
    `container has runAsNonRoot and would run as root: the sandbox runs no images, so runAsUser has to say who ${where}`,
  );
}
