import { ApiError } from '../../kubernetes/client/status.ts';
import { type Check, ok, warning } from './check.ts';
import type { Examination, Right } from './examination.ts';

const wanted: Right[] = [
  { verb: 'list', group: 'metrics.k8s.io', resource: 'pods' },
  { verb: 'list', group: 'metrics.k8s.io', resource: 'nodes' },
];

/** Whether whoever asks may read the figures, of all namespaces and nodes. */
export const callerRightsCheck: Check<Examination> = {
  id: 'caller-rights',
  title: 'your rights',
  after: ['api-server'],
  async run(examination) {
    const [user, ...allowed] = await Promise.all([whoAmI(examination), ...wanted.map((each) => examination.may(each))]);
    const missing = wanted.filter((_, i) => !allowed[i]);
    if (missing.length === 0) return ok(`${user} may read the figures of all pods and nodes`);
    const what = missing.map(({ verb, resource, group }) => `${verb} ${resource}.${group}`).join(', ');
    const who = user === 'you' ? 'USER' : user;
    return warning(
      `${user} may not ${what} in the whole cluster`,
      [
        `kubectl create clusterrolebinding ${bindingName(who)} --clusterrole=system:aggregated-metrics-reader --user=${who}    (as an administrator)`,
      ],
      ['in a namespace of which you have view, edit or admin you may'],
    );
  },
};

function bindingName(user: string): string {
  return `metrics-reader-${user.replace(/[^A-Za-z0-9.-]+/g, '-')}`;
}

/** Clusters before 1.28 do not say. */
async function whoAmI(examination: Examination): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  try {
    const review = await examination.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', body);
    return review.status?.userInfo?.username ?? 'you';
  } catch (error) {
    if (error instanceof ApiError) return 'you';
    throw error;
  }
}
