/**
 * The real kubectl, in every version that is installed, against the sandbox's control plane alone: no controllers and no
 * kubelet, so what is shown here is the API and nothing else.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ControlPlane } from '../../src/sandbox/control/control.ts';
import {
  findKubectls,
  type Kubectl,
  kubectlRunner,
  out,
  type RunKubectl,
  refusal,
  startPlane,
} from './kubectl-runner.ts';
import { until } from './processes.ts';

const kubectls = findKubectls();
let plane: ControlPlane;
let scratch = '';

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'taffrail-kubectl-'));
  plane = await startPlane(join(scratch, 'data'));
});

after(async () => {
  await plane?.close();
  rmSync(scratch, { recursive: true, force: true });
});

const runner = (kubectl: Kubectl, namespace?: string) => kubectlRunner(kubectl, plane, scratch, namespace);

const counter = `apiVersion: v1
kind: Pod
metadata: {name: counter, labels: {app: c}}
spec:
  containers:
  - {name: count, image: busybox, args: [/bin/sh, -c, 'while true; do date; sleep 1; done']}
`;

describe('every kubectl', { skip: kubectls.length === 0 ? 'no kubectl is installed' : false, concurrency: 2 }, () => {
  for (const kubectl of kubectls) {
    test(`${kubectl.name} creates, applies, reads, patches and deletes`, async () => {
      const namespace = kubectl.name.replaceAll('.', '-');
      const run = runner(kubectl, namespace);
      await out(run(`create namespace ${namespace}`));
      assert.equal(await out(run('create configmap settings --from-literal=a=1')), 'configmap/settings created\n');
      assert.equal(await out(run('apply -f -', { input: counter })), 'pod/counter created\n');
      assert.equal(await out(run('apply -f -', { input: counter })), 'pod/counter unchanged\n');
      const changed = counter.replace('app: c', 'app: d').replace('image: busybox', 'image: busybox:2');
      assert.equal(await out(run('apply -f -', { input: changed })), 'pod/counter configured\n');
      assert.match(
        await out(run('get pods -l app=d')),
        /^NAME +READY +STATUS +RESTARTS +AGE\ncounter +0\/1 +Pending +0 +\d+s\n$/,
      );
      assert.match(await out(run('describe pod counter')), /Image: +busybox:2\n[\s\S]*Events: +<none>/);
      assert.equal(await out(run('create deployment web --image=nginx')), 'deployment.apps/web created\n');
      assert.equal(await out(run('scale deployment web --replicas=3')), 'deployment.apps/web scaled\n');
      const two = `patch deployment web -p '{"spec":{"replicas":2}}'`;
      assert.equal(await out(run(two)), 'deployment.apps/web patched\n');
      assert.equal(await out(run('get deployment web -o jsonpath={.spec.replicas}')), '2');
      assert.match(
        await refusal(run('apply -f -', { input: changed.replace('image:', 'imagee: x, image:') })),
        /unknown field "spec.containers\[0\].imagee"/,
      );
      assert.match(await out(run('explain pod.spec.nodeName')), /FIELD: nodeName <string>/);
      assert.match(await out(run('auth can-i delete pods')), /^yes/);
      assert.equal(await out(run('delete pod counter')), 'pod "counter" deleted\n');
      assert.match(
        await refusal(run('get pod counter')),
        /^Error from server \(NotFound\): pods "counter" not found$/m,
      );
    });
  }
});

const newest = kubectls.findLast(({ name }) => name !== 'kubectl') ?? kubectls[0];

describe('kubectl, verb by verb', { skip: newest ? false : 'no kubectl is installed' }, () => {
  const run: RunKubectl = (args, options) => runner(newest!)(args, options);

  test('discovery: versions, resources, addresses', async () => {
    assert.match(await out(run('version')), /Server Version: v1\.33\./);
    const resources = await out(run('api-resources'));
    for (const line of [
      /^pods +po +v1 +true +Pod$/m,
      /^deployments +deploy +apps\/v1 +true +Deployment$/m,
      /^events +ev +events\.k8s\.io\/v1 +true +Event$/m,
    ])
      assert.match(resources, line);
    assert.match(await out(run('api-versions')), /^apps\/v1$/m);
    assert.match(await out(run('cluster-info')), /is running at .*https:\/\/127\.0\.0\.1:/);
    assert.equal(await out(run('get --raw /readyz')), 'ok');
    assert.match(await refusal(run('get --raw /nope')), /the server could not find the requested resource/);
  });

  test('get: wide, names, json, yaml, columns, selectors, sorting, pages', async () => {
    for (const name of ['one', 'two', 'three']) await out(run(`run ${name} --image=x --labels=set=get,name=${name}`));
    assert.match(
      await out(run('get pods -l set=get -o wide')),
      /NAME +READY .* IP +NODE +NOMINATED NODE +READINESS GATES/,
    );
    assert.equal(await out(run("get pods -l 'name in (one,two)' -o name")), 'pod/one\npod/two\n');
    assert.equal(JSON.parse(await out(run('get pod one -o json'))).metadata.name, 'one');
    assert.match(await out(run('get pod one -o yaml')), /^kind: Pod$/m);
    assert.equal(await out(run('get pods -l set=get --chunk-size=1 -o name')), 'pod/one\npod/three\npod/two\n');
    const sorted = await out(run('get pods -l set=get --sort-by=.metadata.labels.name -o name'));
    assert.equal(sorted, 'pod/one\npod/three\npod/two\n');
    assert.equal(
      await out(run('get pods -l set=get --field-selector metadata.name!=one -o name')),
      'pod/three\npod/two\n',
    );
    assert.match(await refusal(run('get pods --field-selector colour=red')), /field label not supported: colour/);
    assert.match(await out(run('get all -A')), /pod\/one/);
  });

  test('get -w shows what happens while it happens', { timeout: 60_000 }, async () => {
    await out(run('run listed --image=x --labels=set=watch'));
    let shown = '';
    const watching = run('get pods -w -l set=watch', {
      onStdout: (text, stop) => {
        shown = text;
        if (/^watched .*Terminating/m.test(text)) stop();
      },
    });
    await until('what is there is listed', () => shown.includes('listed'));
    await out(run('run watched --image=x --labels=set=watch'));
    await out(run('annotate pod watched a=b'));
    await out(run('delete pod watched'));
    const { stdout } = await watching;
    assert.match(
      stdout,
      /^NAME +READY +STATUS +RESTARTS +AGE\nlisted +0\/1 +Pending.*\nwatched +0\/1 +Pending.*\nwatched +0\/1 +Pending.*\nwatched +0\/1 +Terminating/,
    );
  });

  test('edit, label, annotate, replace, set and the three kinds of patch', async () => {
    await out(run('create deployment edited --image=a'));
    await out(run('label deployment edited tier=x'));
    await out(run('annotate deployment edited note=y'));
    await out(run('set image deployment/edited a=b'));
    await out(run(`patch deployment edited --type=json -p '[{"op":"replace","path":"/spec/replicas","value":4}]'`));
    await out(run(`patch deployment edited --type=merge -p '{"spec":{"paused":true}}'`));
    await out(
      run(`patch deployment edited -p '{"spec":{"template":{"spec":{"containers":[{"name":"a","command":["c"]}]}}}}'`),
    );
    const editor = join(scratch, 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\nsed -i "s/replicas: 4/replicas: 5/" "$1"\n', { mode: 0o755 });
    await out(run('edit deployment edited', { env: { KUBE_EDITOR: editor } }));
    const deployment = JSON.parse(await out(run('get deployment edited -o json')));
    const [container] = deployment.spec.template.spec.containers;
    assert.deepEqual([deployment.metadata.labels.tier, deployment.metadata.annotations.note], ['x', 'y']);
    assert.deepEqual([deployment.spec.replicas, deployment.spec.paused], [5, true]);
    assert.deepEqual([container.image, container.command], ['b', ['c']]);
    deployment.metadata.resourceVersion = '1';
    assert.match(
      await refusal(run('replace -f -', { input: JSON.stringify(deployment) })),
      /the object has been modified; please apply your changes/,
    );
  });

  test('delete: grace, force, cascade, waiting', async () => {
    const pod = async (name: string) => {
      await out(run(`run ${name} --image=x '--overrides={"spec":{"nodeName":"far"}}'`));
    };
    await pod('slow');
    assert.match(await refusal(run('delete pod slow --timeout=1s')), /timed out waiting for the condition/);
    assert.match(await out(run('get pod slow')), /Terminating/);
    const waiting = run('delete pod slow --grace-period=5');
    await until(
      'the shorter grace',
      async () => (await out(run('get pod slow -o jsonpath={.metadata.deletionGracePeriodSeconds}'))) === '5',
    );
    assert.match(await out(run('delete pod slow --force --grace-period=0')), /force deleted/);
    assert.equal((await waiting).code, 0);
    await out(run('create deployment parent --image=x'));
    await out(run('delete deployment parent --cascade=foreground --wait=false'));
    assert.equal(await out(run('get deployment parent -o jsonpath={.metadata.finalizers}')), '["foregroundDeletion"]');
    await out(run('delete deployment parent --cascade=background'));
    assert.match(await refusal(run('get deployment parent')), /NotFound/);
  });

  test('events, wait, rollout, logs: what they ask of the API is answered', async () => {
    await out(run('run seen --image=x'));
    const uid = await out(run('get pod seen -o jsonpath={.metadata.uid}'));
    const time = '2026-01-01T00:00:00Z';
    const event = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e1' },
      involvedObject: { kind: 'Pod', name: 'seen', namespace: 'default', uid },
      ...{ reason: 'Pulled', message: 'here', type: 'Normal', source: { component: 'me' } },
      ...{ count: 3, firstTimestamp: time, lastTimestamp: time },
    });
    await out(run('create -f -', { input: event }));
    assert.match(
      await out(run('events')),
      /LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n.*Normal +Pulled +Pod\/seen +here/,
    );
    assert.match(
      await out(run('get events --field-selector involvedObject.name=seen')),
      /Normal +Pulled +pod\/seen +here/,
    );
    assert.match(await out(run('describe pod seen')), /Pulled +.*me +here/);
    assert.match(
      await refusal(run('wait pod seen --for=condition=Ready --timeout=1s')),
      /timed out waiting for the condition on pods\/seen/,
    );
    const ready = `patch pod seen --subresource=status -p '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'`;
    await out(run(ready));
    assert.match(await out(run('wait pod seen --for=condition=Ready --timeout=5s')), /pod\/seen condition met/);
    await out(run('create deployment rolling --image=x'));
    assert.match(
      await refusal(run('rollout status deployment rolling --timeout=1s')),
      /timed out waiting for the condition/,
    );
    assert.equal(await out(run('logs seen')), '');
    assert.match(await refusal(run('logs seen -c other')), /container other is not valid for pod seen/);
    assert.match(await refusal(run('exec seen -- ls')), /pods\/exec is not served by this API server/);
    assert.match(await refusal(run('logs nobody')), /pods "nobody" not found/);
  });

  test('refusals arrive in the words that people search for', async () => {
    await out(run('create configmap once --from-literal=a=b'));
    assert.equal(
      await refusal(run('create configmap once --from-literal=a=b')),
      'error: failed to create configmap: configmaps "once" already exists',
    );
    assert.match(await refusal(runner(newest!, 'nowhere')('create configmap a')), /namespaces "nowhere" not found/);
    assert.match(
      await refusal(run('get pods --as=ann')),
      /pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "default"/,
    );
    assert.match(
      await refusal(run('create -f -', { input: counter.replace('counter', 'Bad_') })),
      /Pod "Bad_" is invalid: metadata.name: Invalid value/,
    );
    assert.equal((await run('auth can-i list pods --as=ann')).stdout, 'no\n');
    assert.match(await out(run('create token default --duration=10m')), /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  test('apply: several objects at once, on the server, as a trial, and the difference', async () => {
    const both = `${counter.replaceAll('counter', 'first')}\n---\n${counter.replaceAll('counter', 'second')}`;
    assert.equal(await out(run('apply -f -', { input: both })), 'pod/first created\npod/second created\n');
    assert.match(
      await out(run('apply --dry-run=server -f -', { input: counter.replace('counter', 'third') })),
      /created \(server dry run\)/,
    );
    assert.match(await refusal(run('get pod third')), /NotFound/);
    const differing = await run('diff -f -', {
      input: counter.replace('counter', 'first').replace('app: c', 'app: z'),
    });
    assert.equal(differing.code, 1);
    assert.match(differing.stdout, /^\+ +app: z$/m);
    const onServer = { input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: server}\ndata: {a: "1"}\n' };
    assert.equal(await out(run('apply --server-side -f -', onServer)), 'configmap/server serverside-applied\n');
    assert.equal(await out(run('apply --server-side -f -', onServer)), 'configmap/server serverside-applied\n');
  });
});
