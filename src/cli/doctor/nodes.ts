import { messageOf } from '../../base/fault.ts';
import type { KubeObject } from '../../kubernetes/client/client.ts';
import { listAll } from '../top/collection.ts';
import { askWhy, type Reason } from '../top/metrics-api.ts';
import { broken, type Check, ok, type Result, warning } from './check.ts';
import type { Examination } from './examination.ts';
import { inTurn } from './in-turn.ts';
import { examineKubelet, type Kubelet, type KubeletFound, kubeletOf } from './kubelet.ts';
import { serverArguments } from './server-arguments.ts';

const atOnceMax = 8;
/** Of more nodes than this only those with something wrong have a line of their own. */
const listedMax = 20;
/** More are not asked one by one; whether they are served is counted by the next check. */
const examinedMax = 500;

/** Each kubelet: its address, its certificate, whether it answers, its clock; and what the metrics server says of it. */
export const nodesCheck: Check<Examination> = {
  id: 'nodes',
  title: 'kubelets',
  after: ['api-server'],
  async run(examination, signal) {
    const nodes = await listAll(examination.client, '/api/v1/nodes', {}, (node) => node, signal);
    if (nodes.length === 0) return broken('the cluster has no nodes', ['add a node']);
    const args = await serverArguments(examination);
    const results = await inTurn(nodes.slice(0, examinedMax), atOnceMax, (node) => resultOf(examination, node, args));
    const bad = results.filter(({ outcome }) => outcome !== 'ok');
    if (results.length <= listedMax && nodes.length <= examinedMax) return results;
    const good = ok(`${results.length - bad.length} of ${results.length} are as they should be`);
    if (nodes.length > examinedMax) good.details.push(`${nodes.length - examinedMax} more were not looked at`);
    return [good, ...bad.slice(0, listedMax)];
  },
};

async function resultOf(examination: Examination, node: KubeObject, args: readonly string[]): Promise<Result> {
  const title = `kubelet ${node.metadata.name}`;
  const kubelet = kubeletOf(node, args);
  if (!kubelet)
    return {
      ...broken('its status has no address of a type that the metrics server asks', [
        `the metrics server's argument --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname`,
      ]),
      title,
    };
  const [found, why] = await Promise.all([
    examineKubelet(examination, kubelet),
    askWhy(examination.client, `nodes/${encodeURIComponent(kubelet.name)}`).catch(() => undefined),
  ]).catch((error: unknown) => [messageOf(error), undefined] as const);
  if (typeof found === 'string') return { ...broken(found, []), title };
  return { ...judged(examination, kubelet, found, why, args), title };
}

/** What the metrics server itself meets counts; what is seen from here says why. */
function judged(
  examination: Examination,
  kubelet: Kubelet,
  found: KubeletFound,
  why: Reason | undefined,
  args: readonly string[],
): Result {
  const where = `${kubelet.host}:${kubelet.port}`;
  const insecure = args.includes('--kubelet-insecure-tls');
  const problems = found.problems.filter(({ kind }) => !(insecure && kind === 'certificate'));
  const first = problems[0];
  const details = [...found.details];
  if (why && !why.served) details.push(`the metrics server says: ${why.reason}: ${why.message}`);
  if (why?.served) {
    if (!first) return ok(`${where} answers, and is served`, details);
    return warning(`${where} is served, although ${first.says}`, first.fixes, details);
  }
  if (first) {
    const result = first.kind === 'caller' ? warning : broken;
    return result(`${where}: ${first.says}`, first.fixes, [...details, ...problems.slice(1).map(({ says }) => says)]);
  }
  if (why && why.reason !== 'FirstPoint' && why.reason !== 'NotInStep')
    return broken(
      `${where} answers, but is not served: ${why.reason}: ${why.message}`,
      [fixOfReason(examination, why.reason)],
      found.details,
    );
  return ok(`${where} answers${why ? ', and will be served after the next scrape' : ''}`, found.details);
}

function fixOfReason(examination: Examination, reason: string): string {
  if (reason === 'NodeNotSelected') return "the metrics server's argument --node-selector";
  if (reason === 'SharedAddress') return `${examination.kubectl('delete node NAME')}    (the one that is gone)`;
  if (reason === 'ClockSkew') return 'timedatectl set-ntp true    (on the node)';
  return examination.kubectl('logs -n kube-system deployment/metrics-server');
}
