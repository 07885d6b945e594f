import type { KubeObject } from '../../kubernetes/client/client.ts';
import { broken, type Check, ok, warning } from './check.ts';
import type { Examination, Right } from './examination.ts';
import { addressesOf } from './registration.ts';

interface ServerRight extends Right {
  namespace?: string;
  name?: string;
}

interface Grant {
  /** How the binding is called in deploy/metrics.yaml, and what it binds. */
  binding: string;
  role: string;
  namespace?: string;
  rights: ServerRight[];
}

const core = (verb: string, resource: string): ServerRight => ({ verb, group: '', resource });

/** What deploy/metrics.yaml gives, binding by binding. */
const grants: Grant[] = [
  {
    binding: 'system:metrics-server',
    role: 'system:metrics-server',
    rights: [
      { ...core('get', 'nodes'), subresource: 'metrics' },
      core('list', 'nodes'),
      core('watch', 'nodes'),
      core('list', 'pods'),
      core('watch', 'pods'),
    ],
  },
  {
    binding: 'metrics-server:system:auth-delegator',
    role: 'system:auth-delegator',
    rights: [
      { verb: 'create', group: 'authentication.k8s.io', resource: 'tokenreviews' },
      { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' },
    ],
  },
  {
    binding: 'metrics-server-auth-reader',
    role: 'extension-apiserver-authentication-reader',
    namespace: 'kube-system',
    rights: [{ ...core('get', 'configmaps'), namespace: 'kube-system', name: 'extension-apiserver-authentication' }],
  },
];

/** The metrics server's ServiceAccount may do what it needs, as the API server itself answers (SubjectAccessReview). */
export const serverRightsCheck: Check<Examination> = {
  id: 'server-rights',
  title: 'RBAC of the server',
  after: ['api-service'],
  async run(examination) {
    const account = await accountOf(examination);
    const missing: { grant: Grant; right: ServerRight }[] = [];
    const answers = grants.flatMap((grant) =>
      grant.rights.map(async (right) => {
        if (!(await isAllowed(examination, account, right))) missing.push({ grant, right });
      }),
    );
    await Promise.all(answers);
    const who = `${account.namespace}:${account.name}`;
    if (missing.length === 0) return ok(`ServiceAccount ${who} may do what it needs`);
    const lacking = new Set(missing.map(({ grant }) => grant));
    const fixes = await Promise.all([...lacking].map((grant) => fixOf(examination, grant, account)));
    const lines = missing.map(({ right }) => rightText(right));
    return broken(
      `ServiceAccount ${who} may not ${lines[0]}`,
      [...new Set(fixes)],
      lines.slice(1).map((each) => `nor ${each}`),
    );
  },
};

/** That of the pods behind the Service; metrics-server's where there are none to ask. */
export async function accountOf(examination: Examination): Promise<{ namespace: string; name: string }> {
  const { namespace } = await examination.service();
  for (const { pod } of await addressesOf(examination)) {
    const found = pod && (await examination.get(`/api/v1/namespaces/${namespace}/pods/${pod}`));
    if (found) return { namespace, name: found.spec?.serviceAccountName ?? 'default' };
  }
  return { namespace, name: 'metrics-server' };
}

async function isAllowed(
  examination: Examination,
  { namespace, name }: { namespace: string; name: string },
  resourceAttributes: ServerRight,
): Promise<boolean> {
  const review = await examination.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: `system:serviceaccount:${namespace}:${name}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      resourceAttributes,
    },
  });
  return review.status?.allowed === true;
}

/** A binding alone where its role is there and its name is free; otherwise the manifest, which puts either right. */
async function fixOf(
  examination: Examination,
  { binding, role, namespace }: Grant,
  account: { namespace: string; name: string },
): Promise<string> {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const within = namespace === undefined ? `${rbac}/cluster` : `${rbac}/namespaces/${namespace}/`;
  const [roleObject, bound] = await Promise.all([
    examination.get(`${within}roles/${role}`),
    examination.get(`${within}rolebindings/${binding}`),
  ]);
  if (!roleObject || bound) return examination.manifest();
  const kind = namespace === undefined ? 'clusterrolebinding' : 'rolebinding';
  const flag = namespace === undefined ? `--clusterrole=${role}` : `--role=${role} -n ${namespace}`;
  return examination.kubectl(`create ${kind} ${binding} ${flag} --serviceaccount=${account.namespace}:${account.name}`);
}

function rightText({ verb, group, resource, subresource, namespace, name }: ServerRight): string {
  const what = `${resource}${subresource ? `/${subresource}` : ''}${group ? `.${group}` : ''}`;
  return `${verb} ${what}${name ? ` ${name}` : ''}${namespace ? ` in ${namespace}` : ''}`;
}

/** view, edit and admin include the figures of their namespace. */
export const readerRoleCheck: Check<Examination> = {
  id: 'reader-role',
  title: 'reader role',
  after: ['api-server'],
  async run(examination) {
    const role = 'system:aggregated-metrics-reader';
    const found: KubeObject | undefined = await examination.get(
      `/apis/rbac.authorization.k8s.io/v1/clusterroles/${role}`,
    );
    const fixes = [examination.manifest()];
    if (!found) return warning(`there is no ClusterRole ${role}`, fixes);
    const missing = ['view', 'edit', 'admin'].filter(
      (each) => found.metadata.labels?.[`rbac.authorization.k8s.io/aggregate-to-${each}`] !== 'true',
    );
    if (missing.length === 0) return ok(`view, edit and admin include the figures of their namespace`);
    return warning(`${role} is not aggregated to ${missing.join(', ')}`, fixes);
  },
};
