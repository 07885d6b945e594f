/** Roles, bindings and tokens with the real kubectl in every version that is installed, against the control plane alone. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ControlPlane } from '../../src/sandbox/control/control.ts';
import { findKubectls, kubectlRunner, out, type RunKubectl, refusal, startPlane } from './kubectl-runner.ts';

let plane: ControlPlane;
let scratch = '';

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'taffrail-rbac-'));
  plane = await startPlane(join(scratch, 'data'));
});

after(async () => {
  await plane?.close();
  rmSync(scratch, { recursive: true, force: true });
});

const manifest = (namespace: string) => `apiVersion: v1
kind: ServiceAccount
metadata: { name: reader, namespace: ${namespace} }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: ${namespace}:aggregated-reader
  labels: { rbac.authorization.k8s.io/aggregate-to-view: "true" }
rules:
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: '${namespace}:reader' }
rules:
- apiGroups: [""]
  resources: [nodes/metrics]
  verbs: [get]
- apiGroups: [""]
  resources: [pods, nodes]
  verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: '${namespace}:reader' }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: '${namespace}:reader' }
subjects:
- kind: ServiceAccount
  name: reader
  namespace: ${namespace}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: '${namespace}-auth-reader', namespace: kube-system }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: extension-apiserver-authentication-reader }
subjects:
- kind: ServiceAccount
  name: reader
  namespace: ${namespace}
`;

const kubectls = findKubectls();
for (const kubectl of kubectls) {
  describe(kubectl.name, () => {
    const namespace = kubectl.name.replaceAll('.', '-');
    const account = `system:serviceaccount:${namespace}:reader`;
    const all: RunKubectl = (args, options) => kubectlRunner(kubectl, plane, scratch)(args, options);
    const run: RunKubectl = (args, options) => kubectlRunner(kubectl, plane, scratch, namespace)(args, options);
    const can = async (args: string) => (await run(`auth can-i ${args}`)).stdout.trim().split('\n').at(-1);

    test('a manifest of roles is applied, applied again, and decides', async () => {
      await out(run(`create namespace ${namespace}`));
      assert.match(await out(all('apply -f -', { input: manifest(namespace) })), /clusterrole.*reader created/);
      assert.doesNotMatch(await out(all('apply -f -', { input: manifest(namespace) })), /created|configured/);
      assert.equal(await can(`list pods -A --as ${account}`), 'yes');
      assert.equal(await can(`get nodes/n --subresource=metrics --as ${account}`), 'yes');
      assert.equal(await can(`get nodes --subresource=proxy --as ${account}`), 'no');
      assert.equal(await can(`delete pods --as ${account}`), 'no');
      const map = 'configmaps/extension-apiserver-authentication -n kube-system';
      assert.equal(await can(`get ${map} --as ${account}`), 'yes');
      assert.equal(await can(`get configmaps/other -n kube-system --as ${account}`), 'no');
      assert.equal(await can(`get /apis --as ${account}`), 'yes');
      assert.equal(await can(`get /metrics --as ${account}`), 'no');
      assert.equal(await can('get /metrics'), 'yes');
    });

    test('create role, clusterrole and their bindings, and see them', async () => {
      await out(run('create role maps --verb=get,list --resource=configmaps --resource-name=a'));
      await out(run('create rolebinding maps --role=maps --user=ann --group=readers'));
      await out(run('create rolebinding viewers --clusterrole=view --user=vic'));
      await out(run(`create clusterrole ${namespace}-urls --verb=get --non-resource-url=/metrics/*`));
      await out(run(`create clusterrolebinding ${namespace}-urls --clusterrole=${namespace}-urls --user=ann`));
      assert.match(await out(run('get roles')), /^NAME +CREATED AT\nmaps +20/);
      const wide = await out(run('get rolebindings maps -o wide'));
      assert.match(wide, /^NAME +ROLE +AGE +USERS +GROUPS +SERVICEACCOUNTS\nmaps +Role\/maps +\d+s +ann +readers/);
      assert.match(await out(run('describe role maps')), /configmaps +\[\] +\[a\] +\[get list\]/);
      assert.equal(await can('get configmaps/a --as ann'), 'yes');
      assert.equal(await can('get configmaps/b --as ann'), 'no');
      assert.equal(await can('get configmaps/a --as eve --as-group readers'), 'yes');
      assert.equal(await can('get /metrics/cadvisor --as ann'), 'yes');
      assert.equal(await can('get /other --as ann'), 'no');
      assert.equal(await can('list deployments.apps --as vic'), 'yes');
      assert.equal(await can('list secrets --as vic'), 'no');
      assert.equal(await can('list pods -n default --as vic'), 'no');
      assert.equal(await can('list leases --as vic'), 'yes', 'aggregated into view');
      await out(run(`delete clusterrole ${namespace}:aggregated-reader`));
      assert.equal(await can('list leases --as vic'), 'no');
      const listed = await out(run('auth can-i --list --as ann'));
      assert.match(listed, /configmaps +\[\] +\[a\] +\[get list\]/);
      assert.match(listed, /\[\/metrics\/\*\] +\[\] +\[get\]/);
    });

    test('what somebody may not do is refused in the words of Kubernetes, and nobody can grant what they do not have', async () => {
      assert.equal(
        await refusal(run('get secrets --as ann')),
        `Error from server (Forbidden): secrets is forbidden: User "ann" cannot list resource "secrets" in API group "" in the namespace "${namespace}"`,
      );
      await out(run('create role granter --verb=create --resource=roles,rolebindings'));
      await out(run('create rolebinding granter --role=granter --user=gus'));
      const granting = await refusal(run('create role wide --verb=get --resource=secrets --as gus'));
      assert.match(granting, /is attempting to grant RBAC permissions not currently held:/);
      assert.match(granting, /\{APIGroups:\[""\], Resources:\["secrets"\], Verbs:\["get"\]\}/);
      assert.match(
        await refusal(run('create rolebinding wide --clusterrole=admin --user=gus --as gus')),
        /not currently held/,
      );
      await out(run('create rolebinding same --role=granter --user=pia --as gus'));
      const changed = `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: maps }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: other }
`;
      assert.match(
        await refusal(run('apply -f -', { input: changed })),
        /roleRef: Invalid value: .*: cannot change roleRef/,
      );
      assert.match(await refusal(run("create role bad --verb=get --resource=''")), /./);
    });

    test('tokens of service accounts are reviewed with their groups, and bound to what they are bound to', async () => {
      await out(run('create serviceaccount bot'));
      const token = (await out(run('create token bot --audience taffrail --duration 20m'))).trim();
      const review = `apiVersion: authentication.k8s.io/v1
kind: TokenReview
spec: { token: '${token}', audiences: [taffrail, other] }
`;
      const { status } = JSON.parse(await out(run('create -o json -f -', { input: review })));
      assert.equal(status.authenticated, true);
      assert.deepEqual(status.audiences, ['taffrail']);
      assert.equal(status.user.username, `system:serviceaccount:${namespace}:bot`);
      assert.deepEqual(status.user.groups, [
        'system:serviceaccounts',
        `system:serviceaccounts:${namespace}`,
        'system:authenticated',
      ]);
      const wrong = JSON.parse(
        await out(run('create -o json -f -', { input: review.replace('[taffrail, other]', '[other]') })),
      );
      assert.notEqual(wrong.status.authenticated, true);
    });
  });
}
