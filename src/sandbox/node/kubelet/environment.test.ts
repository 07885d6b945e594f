import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { environmentOf } from './environment.ts';
import type { ContainerSpec, Pod } from './pod.ts';
import { qosClassOf } from './qos.ts';

const pod = (container: ContainerSpec): Pod => ({
  metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { app: 'web' }, annotations: { note: 'x' } },
  spec: { containers: [container] },
});
const objects: Record<string, KubeObject> = {
  'configmap/settings': { kind: 'ConfigMap', metadata: { name: 'settings' }, data: { COLOUR: 'blue', SIZE: '3' } },
  'secret/keys': {
    kind: 'Secret',
    metadata: { name: 'keys' },
    data: { TOKEN: Buffer.from('s3cret').toString('base64') },
  },
};
const sources = {
  nodeName: 'node-1',
  api: {
    configMap: async (_: string, name: string) => objects[`configmap/${name}`],
    secret: async (_: string, name: string) => objects[`secret/${name}`],
  },
};
const environment = (container: Omit<ContainerSpec, 'name'>) => {
  const whole = { name: 'c', ...container };
  return environmentOf(pod(whole), whole, sources);
};

test('values, fields, resources, config maps and secrets become variables, and later ones refer to earlier ones', async () => {
  const result = await environment({
    envFrom: [{ prefix: 'CFG_', configMapRef: { name: 'settings' } }, { secretRef: { name: 'keys' } }],
    resources: { limits: { cpu: '1500m', memory: '64Mi' }, requests: { cpu: '250m' } },
    env: [
      { name: 'GREETING', value: 'it is $(CFG_COLOUR), $(LATER), $$(CFG_SIZE)' },
      { name: 'LATER', value: 'late' },
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'CPUS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'MILLIS', valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } } },
      { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
      { name: 'SIZE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'SIZE' } } },
      { name: 'NOT_THERE', valueFrom: { configMapKeyRef: { name: 'nothing', key: 'x', optional: true } } },
    ],
  });
  const expected = {
    CFG_COLOUR: 'blue',
    TOKEN: 's3cret',
    GREETING: 'it is blue, $(LATER), $(CFG_SIZE)',
    NAME: 'p',
    APP: 'web',
    NODE: 'node-1',
    CPUS: '2',
    MILLIS: '250',
    MEMORY: '64',
    SIZE: '3',
    HOSTNAME: 'p',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(result.get(name), value, name);
  assert.ok(!result.has('NOT_THERE'));
});

test('what is missing and not optional is a configuration error in the words of Kubernetes', async () => {
  const refused = (env: ContainerSpec['env'], message: string) =>
    assert.rejects(environment({ env: env ?? [] }), {
      name: 'ConfigError',
      reason: 'CreateContainerConfigError',
      message,
    });
  await refused(
    [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'nothing', key: 'x' } } }],
    'configmap "nothing" not found',
  );
  await refused(
    [{ name: 'A', valueFrom: { secretKeyRef: { name: 'keys', key: 'x' } } }],
    "couldn't find key x in Secret n/keys",
  );
  await refused(
    [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nothing' } } }],
    'unsupported fieldPath: spec.nothing',
  );
  await assert.rejects(environment({ envFrom: [{ secretRef: { name: 'nothing' } }] }), {
    message: 'secret "nothing" not found',
  });
});

test('the quality of service follows limits and requests', () => {
  const both = { cpu: '1', memory: '1Gi' };
  assert.equal(qosClassOf(pod({ name: 'c' })), 'BestEffort');
  assert.equal(qosClassOf(pod({ name: 'c', resources: { requests: { cpu: '1' } } })), 'Burstable');
  assert.equal(qosClassOf(pod({ name: 'c', resources: { limits: both } })), 'Guaranteed');
  assert.equal(
    qosClassOf(pod({ name: 'c', resources: { limits: both, requests: { cpu: '1000m', memory: '1024Mi' } } })),
    'Guaranteed',
  );
  assert.equal(qosClassOf(pod({ name: 'c', resources: { limits: both, requests: { cpu: '500m' } } })), 'Burstable');
});
