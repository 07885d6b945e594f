/**
 * An extension server behind the sandbox's aggregation layer, with the real kubectl in every version that is installed:
 * registered as people do it, with a manifest, and read with `kubectl top`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createClient } from '../../src/kubernetes/client/http-client.ts';
import { type ExtensionUnderTest, startExtension } from '../../src/sandbox/control/aggregation/extension-under-test.ts';
import type { ControlPlane } from '../../src/sandbox/control/control.ts';
import { findKubectls, kubectlRunner, out, type RunKubectl, refusal, startPlane } from './kubectl-runner.ts';
import { until } from './processes.ts';

let plane: ControlPlane;
let extension: ExtensionUnderTest;
let scratch = '';
const endings: (() => unknown)[] = [];

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'taffrail-aggregation-'));
  plane = await startPlane(join(scratch, 'data'));
  const client = createClient(plane.access);
  const map = await client.request('/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication');
  extension = await startExtension({ after: (end) => endings.push(end) }, map.data);
  await client.request('/api/v1/nodes', { method: 'POST', body: { metadata: { name: 'node-1' } } });
  const resources = { cpu: '4', memory: '8Gi' };
  await client.request('/api/v1/nodes/node-1/status', {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { status: { capacity: resources, allocatable: resources } },
  });
  client.close();
});

after(async () => {
  for (const end of endings) await end();
  await plane?.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** With what a metrics server needs on a cluster, and every field that its Deployment may have. */
const manifest = (port: number, caBundle: string) => `apiVersion: v1
kind: ServiceAccount
metadata: { name: metrics-server, namespace: kube-system, labels: { k8s-app: metrics-server } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: system:aggregated-metrics-reader
  labels:
    rbac.authorization.k8s.io/aggregate-to-admin: "true"
    rbac.authorization.k8s.io/aggregate-to-edit: "true"
    rbac.authorization.k8s.io/aggregate-to-view: "true"
rules:
- { apiGroups: [metrics.k8s.io], resources: [pods, nodes], verbs: [get, list, watch] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: "system:metrics-server" }
rules:
- { apiGroups: [""], resources: [nodes/metrics], verbs: [get] }
- { apiGroups: [""], resources: [pods, nodes], verbs: [get, list, watch] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: metrics-server-auth-reader, namespace: kube-system }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: extension-apiserver-authentication-reader }
subjects: [{ kind: ServiceAccount, name: metrics-server, namespace: kube-system }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: "metrics-server:system:auth-delegator" }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator" }
subjects: [{ kind: ServiceAccount, name: metrics-server, namespace: kube-system }]
---
apiVersion: v1
kind: Service
metadata: { name: metrics-server, namespace: kube-system }
spec:
  ports: [{ appProtocol: https, name: https, port: 443, protocol: TCP, targetPort: https }]
---
apiVersion: v1
kind: Endpoints
metadata: { name: metrics-server, namespace: kube-system }
subsets:
- addresses: [{ ip: 127.0.0.1 }]
  ports: [{ name: https, port: ${port} }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: metrics-server, namespace: kube-system }
spec:
  replicas: 2
  selector: { matchLabels: { k8s-app: metrics-server } }
  strategy: { rollingUpdate: { maxUnavailable: 1 } }
  template:
    metadata: { labels: { k8s-app: metrics-server } }
    spec:
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - labelSelector: { matchLabels: { k8s-app: metrics-server } }
            namespaces: [kube-system]
            topologyKey: kubernetes.io/hostname
      containers:
      - name: metrics-server
        image: registry.example.com/metrics-server:1
        args: [--cert-dir=/tmp, --secure-port=10250]
        imagePullPolicy: IfNotPresent
        livenessProbe:
          failureThreshold: 3
          httpGet: { path: /livez, port: https, scheme: HTTPS }
          periodSeconds: 10
        readinessProbe:
          httpGet: { path: /readyz, port: https, scheme: HTTPS }
          initialDelaySeconds: 20
        ports: [{ containerPort: 10250, name: https, protocol: TCP }]
        resources: { requests: { cpu: 100m, memory: 200Mi } }
        securityContext:
          allowPrivilegeEscalation: false
          capabilities: { drop: [ALL] }
          readOnlyRootFilesystem: true
          runAsNonRoot: true
          runAsUser: 1000
          seccompProfile: { type: RuntimeDefault }
        volumeMounts: [{ mountPath: /tmp, name: tmp-dir }]
      nodeSelector: { kubernetes.io/os: linux }
      priorityClassName: system-cluster-critical
      serviceAccountName: metrics-server
      topologySpreadConstraints:
      - { maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: { matchLabels: { k8s-app: metrics-server } } }
      volumes: [{ emptyDir: {}, name: tmp-dir }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: metrics-server, namespace: kube-system }
spec:
  minAvailable: 1
  selector: { matchLabels: { k8s-app: metrics-server } }
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1beta1.metrics.k8s.io }
spec:
  group: metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  caBundle: ${caBundle}
  service: { name: metrics-server, namespace: kube-system }
`;

for (const kubectl of findKubectls()) {
  describe(kubectl.name, () => {
    const run: RunKubectl = (args, options) => kubectlRunner(kubectl, plane, scratch)(args, options);
    const available = async () =>
      (await out(run('get apiservice v1beta1.metrics.k8s.io --no-headers'))).trim().split(/ +/).slice(1, 3).join(' ');

    test('a metrics server is registered by its manifest, strictly checked, and kubectl top reads from it', async () => {
      const text = manifest(extension.port, extension.caBundle);
      const applied = await out(run('apply --validate=strict -f -', { input: text }));
      assert.equal(applied.trim().split('\n').length, 10);
      await until('the API is available', async () => (await available()) === 'kube-system/metrics-server True');
      // For the others kubectl sends a patch each time, on every cluster: defaults within lists and replaced maps differ.
      const again = (await out(run('apply -f -', { input: text }))).trim().split('\n');
      const unsettled = /^(endpoints|deployment|poddisruptionbudget)/;
      assert.deepEqual(
        again.filter((line) => !unsettled.test(line) && !line.endsWith(' unchanged')),
        [],
      );
      assert.match(await out(run('top nodes')), /^NAME .*\nnode-1 +1500m +37% +2048Mi +25%/);
      assert.match(await out(run('top pods')), /^NAME +CPU\(cores\) +MEMORY\(bytes\) *\nweb +250m +64Mi/);
      assert.match(await out(run('top pods -A --containers')), /default +web +a +250m +64Mi/);
      assert.match(await out(run('get --raw /apis/metrics.k8s.io/v1beta1/nodes/node-1')), /"cpu":"1500m"/);
      assert.match(
        await out(run('api-resources --api-group metrics.k8s.io')),
        /metrics\.k8s\.io\/v1beta1 +true +PodMetrics/,
      );
      assert.match(await out(run('api-versions')), /^metrics\.k8s\.io\/v1beta1$/m);
      assert.match(await out(run('get podmetrics')), /^NAME\nweb/);
      assert.match(await out(run('explain nodemetrics.window')), /How long it was measured/);
      const made = 'apiVersion: metrics.k8s.io/v1beta1\nkind: NodeMetrics\nmetadata: { name: made }\nwindow: 1s\n';
      assert.match(await out(run('create -f -', { input: made })), /nodemetrics.metrics.k8s.io\/made created/);
      assert.match(await out(run('get pdb -n kube-system')), /metrics-server +1 +N\/A +0 +\d+s/);
    });

    test('the roles of the cluster decide before the extension server is asked', async () => {
      await out(run(`create rolebinding ${kubectl.name} --clusterrole=view --user=${kubectl.name}`));
      assert.match(await out(run(`top pods --as ${kubectl.name}`)), /web/);
      const seen = extension.seen.length;
      assert.equal(
        await refusal(run(`get --raw /apis/metrics.k8s.io/v1beta1/nodes --as ${kubectl.name}`)),
        `Error from server (Forbidden): nodes.metrics.k8s.io is forbidden: User "${kubectl.name}" cannot list resource "nodes" in API group "metrics.k8s.io" at the cluster scope`,
      );
      assert.equal(extension.seen.length, seen);
    });

    test('groups that are served here are shown as local, and cannot be given away', async () => {
      const all = await out(run('get apiservices'));
      assert.match(all, /^v1\. +Local +True/m);
      assert.match(all, /^v1\.apps +Local +True/m);
      const stolen = '{"spec":{"service":{"name":"x","namespace":"default"}}}';
      assert.match(
        await refusal(run(`patch apiservice v1.apps --type merge -p ${stolen}`)),
        /served by the API server itself/,
      );
    });

    test('without its address the group is unavailable, and everything else goes on', async () => {
      await out(run('delete endpoints metrics-server -n kube-system'));
      const words = 'kube-system/metrics-server False';
      await until('the API is unavailable', async () => (await available()).startsWith(words));
      const raw = await refusal(run('get --raw /apis/metrics.k8s.io/v1beta1/nodes'));
      assert.equal(raw, 'Error from server (ServiceUnavailable): the server is currently unable to handle the request');
      assert.match(await out(run('get nodes')), /node-1/);
      const { stdout } = await run('api-resources --cached=false');
      assert.match(stdout, /deployments/);
      await out(run('delete apiservice v1beta1.metrics.k8s.io'));
      assert.match(await refusal(run('top nodes')), /Metrics API not available/);
    });
  });
}
