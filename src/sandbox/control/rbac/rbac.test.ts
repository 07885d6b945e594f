import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StartedPlane, startPlane } from '../started-plane.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const merge = { 'content-type': 'application/merge-patch+json' };

async function as({ plane }: StartedPlane, user: string, groups: string[] = []) {
  const token = await plane.accessFor(user, groups).token!();
  return { tls: null, headers: { authorization: `Bearer ${token}` } };
}

async function create({ call }: StartedPlane, path: string, body: object): Promise<void> {
  const { code, text } = await call('POST', path, { body });
  assert.equal(code, 201, text);
}

const binding = (name: string, role: string, user: string, kind = 'ClusterRole') => ({
  metadata: { name },
  roleRef: { kind, name: role },
  subjects: [{ kind: 'User', name: user }],
});

test('a role that collects others has their rules at once, in chains too, and loses them with their labels', async (t) => {
  const plane = await startPlane(t);
  const { call } = plane;
  const role = (name: string, labels: object, more: object) => ({ metadata: { name, labels }, ...more });
  const rules = [{ verbs: ['get'], apiGroups: ['x'], resources: ['things'] }];
  const collects = (label: string) => ({
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
  });
  await create(plane, `${rbac}/clusterroles`, role('outer', {}, collects('into-outer')));
  await create(plane, `${rbac}/clusterroles`, role('middle', { 'into-outer': 'true' }, collects('into-middle')));
  await create(plane, `${rbac}/clusterroles`, role('leaf', { 'into-middle': 'true' }, { rules }));
  const held = async () => (await call('GET', `${rbac}/clusterroles/outer`)).body.rules;
  assert.deepEqual(await held(), rules);
  await create(plane, `${rbac}/clusterrolebindings`, binding('ann', 'outer', 'ann'));
  const things = { spec: { resourceAttributes: { verb: 'get', group: 'x', resource: 'things' }, user: 'ann' } };
  const reviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  const { status } = (await call('POST', reviews, { body: things })).body;
  assert.deepEqual(status, {
    allowed: true,
    reason: 'RBAC: allowed by ClusterRoleBinding "ann" of ClusterRole "outer" to User "ann"',
  });
  await call('PATCH', `${rbac}/clusterroles/leaf`, { headers: merge, body: { metadata: { labels: null } } });
  assert.deepEqual((await held()) ?? [], []);
  assert.equal((await call('POST', reviews, { body: things })).body.status.allowed, false);
});

test('default roles are put right at the next start, unless somebody does not want that', async (t) => {
  const first = await startPlane(t);
  const roles = `${rbac}/clusterroles`;
  await first.call('DELETE', `${roles}/view`);
  const own = { verbs: ['get'], apiGroups: ['own'], resources: ['x'] };
  const replace = (name: string, more: object = {}) =>
    first.call('PATCH', `${roles}/${name}`, { headers: merge, body: { rules: [own], ...more } });
  await replace('system:discovery');
  const leave = { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } };
  await replace('system:public-info-viewer', { metadata: leave });
  const cut = { headers: merge, body: { subjects: null } };
  await first.call('PATCH', `${rbac}/clusterrolebindings/system:basic-user`, cut);
  await first.plane.close();
  const { call } = await startPlane(t, { dataDir: first.dataDir });
  const rulesOf = async (name: string) => (await call('GET', `${roles}/${name}`)).body.rules;
  assert.ok((await rulesOf('view')).length > 5);
  const discovery: { apiGroups?: string[]; nonResourceURLs?: string[] }[] = await rulesOf('system:discovery');
  assert.deepEqual(discovery[0], own);
  assert.ok(discovery.some(({ nonResourceURLs }) => nonResourceURLs?.includes('/openapi/*')));
  assert.deepEqual(await rulesOf('system:public-info-viewer'), [own]);
  const { subjects } = (await call('GET', `${rbac}/clusterrolebindings/system:basic-user`)).body;
  assert.equal(subjects[0].name, 'system:authenticated');
});

test('a binding counts from its creation to its deletion, and one of a role that is not there says so', async (t) => {
  const plane = await startPlane(t);
  const { call } = plane;
  const ann = await as(plane, 'ann');
  const maps = '/api/v1/namespaces/default/configmaps';
  assert.equal((await call('GET', maps, ann)).code, 403);
  const bindings = `${rbac}/namespaces/default/rolebindings`;
  await create(plane, bindings, binding('reader', 'reader', 'ann', 'Role'));
  assert.match(
    (await call('GET', maps, ann)).body.message,
    /in the namespace "default": RBAC: role\.rbac\.authorization\.k8s\.io "reader" not found$/,
  );
  const rules = [{ verbs: ['list'], apiGroups: [''], resources: ['configmaps'] }];
  await create(plane, `${rbac}/namespaces/default/roles`, { metadata: { name: 'reader' }, rules });
  assert.equal((await call('GET', maps, ann)).code, 200);
  assert.equal((await call('GET', '/api/v1/namespaces/kube-system/configmaps', ann)).code, 403);
  await call('DELETE', `${bindings}/reader`);
  assert.equal((await call('GET', maps, ann)).code, 403);
});

test('a rule with names lets a list through that can hold that object only', async (t) => {
  const plane = await startPlane(t);
  const ann = await as(plane, 'ann');
  const rules = [{ verbs: ['list', 'watch'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'] }];
  await create(plane, `${rbac}/namespaces/default/roles`, { metadata: { name: 'one' }, rules });
  await create(plane, `${rbac}/namespaces/default/rolebindings`, binding('one', 'one', 'ann', 'Role'));
  const code = async (selector: string) =>
    (await plane.call('GET', `/api/v1/namespaces/default/configmaps?fieldSelector=${selector}`, ann)).code;
  assert.equal(await code('metadata.name%3Da'), 200);
  for (const other of ['', 'metadata.name%3Db', 'metadata.name%21%3Da', 'metadata.namespace%3Da'])
    assert.equal(await code(other), 403, other);
});

test('nobody grows: not by a role, a binding, a change of either, a collecting role, or impersonation', async (t) => {
  const plane = await startPlane(t);
  const { call } = plane;
  const verbs = ['create', 'get', 'update', 'patch'];
  const resources = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'];
  const rules = [{ verbs, apiGroups: ['rbac.authorization.k8s.io'], resources }];
  await create(plane, `${rbac}/clusterroles`, { metadata: { name: 'granter' }, rules });
  await create(plane, `${rbac}/clusterrolebindings`, binding('granter', 'granter', 'gus'));
  const gus = await as(plane, 'gus');
  const all = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];
  const refused = async (method: string, path: string, body: object, headers = {}) => {
    const answer = await call(method, `${rbac}${path}`, { ...gus, headers: { ...gus.headers, ...headers }, body });
    assert.equal(answer.code, 403, `${method} ${path}: ${answer.text}`);
  };
  await refused('POST', '/clusterroles', { metadata: { name: 'x' }, rules: all });
  await refused('POST', '/clusterroles', {
    metadata: { name: 'x' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { any: 'thing' } }] },
  });
  await refused('PATCH', '/clusterroles/granter', { rules: all }, merge);
  await refused('POST', '/clusterrolebindings', binding('x', 'cluster-admin', 'gus'));
  await refused('POST', '/namespaces/default/rolebindings', binding('x', 'admin', 'gus'));
  const more = { subjects: [{ kind: 'User', name: 'gus' }] };
  await refused('PATCH', '/clusterrolebindings/cluster-admin', more, merge);
  await refused('GET', '/clusterroles/granter', {}, { 'impersonate-user': 'taffrail-admin' });
  const renamed = { metadata: { labels: { mine: 'yes' } } };
  const harmless = await call('PATCH', `${rbac}/clusterroles/granter`, {
    headers: { ...gus.headers, ...merge },
    tls: null,
    body: renamed,
  });
  assert.equal(harmless.code, 200, harmless.text);
});

test('who may do everything may grant everything, and rules that say nothing are refused with their places', async (t) => {
  const plane = await startPlane(t);
  const masters = await as(plane, 'root', ['system:masters']);
  const role = { metadata: { name: 'x' }, rules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] };
  assert.equal((await plane.call('POST', `${rbac}/clusterroles`, { ...masters, body: role })).code, 201);
  const wrong = { ...role, metadata: { name: 'y' }, rules: [{ verbs: ['get'], apiGroups: [], resources: [] }] };
  const { body } = await plane.call('POST', `${rbac}/clusterroles`, { body: wrong });
  assert.match(body.message, /rules\[0\].apiGroups: Required value: resource rules must supply at least one api group/);
  assert.match(body.message, /rules\[0\].resources: Required value: resource rules must supply at least one resource/);
});
