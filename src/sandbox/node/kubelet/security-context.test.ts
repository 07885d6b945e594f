import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from './downward.ts';
import type { ContainerSpec, Pod, PodSecurityContext } from './pod.ts';
import { identityOf } from './security-context.ts';

function identity(own: ContainerSpec['securityContext'], shared: PodSecurityContext = {}) {
  const container: ContainerSpec = { name: 'c', ...(own ? { securityContext: own } : {}) };
  const pod: Pod = {
    metadata: { name: 'p', namespace: 'default', uid: 'u' },
    spec: { containers: [container], securityContext: shared },
  };
  return identityOf(pod, container);
}

test("the container's own securityContext goes before its pod's", () => {
  assert.equal(identity(undefined), undefined);
  assert.deepEqual(identity(undefined, { runAsUser: 5, supplementalGroups: [7] })?.user, {
    uid: 5,
    gid: 0,
    groups: [7],
  });
  assert.deepEqual(identity({ runAsUser: 6 }, { runAsUser: 5, runAsGroup: 9 })?.user, { uid: 6, gid: 9, groups: [] });
});

test('root is refused where it must not be, in words that say what to do', () => {
  const refused = (own: ContainerSpec['securityContext'], shared: PodSecurityContext, message: RegExp) =>
    assert.throws(
      () => identity(own, shared),
      (error) =>
        error instanceof ConfigError && error.reason === 'CreateContainerConfigError' && message.test(error.message),
    );
  refused(undefined, { runAsNonRoot: true }, /runAsUser has to say who .*container: c/);
  refused({ runAsUser: 0 }, { runAsNonRoot: true }, /breaks non-root policy/);
  assert.equal(identity({ runAsNonRoot: false }, { runAsNonRoot: true }), undefined);
  assert.equal(identity({ runAsUser: 5 }, { runAsNonRoot: true })?.user?.uid, 5);
});

test('capabilities are dropped and kept as they are named', () => {
  assert.deepEqual(identity({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })?.drop, [
    '-all',
    '+net_bind_service',
  ]);
  assert.equal(identity({ capabilities: { add: ['SYS_TIME'] } }), undefined);
  assert.equal(identity({ allowPrivilegeEscalation: false })?.noNewPrivileges, true);
});
