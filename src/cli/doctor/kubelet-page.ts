import { skewResult } from './api-server.ts';
import type { Examination } from './examination.ts';
import type { Answer } from './handshake.ts';
import type { KubeletFound, Problem } from './kubelet.ts';

export const pagePath = '/metrics/resource';
/** Kubelets refresh their figures every 10 to 15 s. */
const pageAgeMsMax = 90_000;

export const restart = ['systemctl restart kubelet    (on the node; its log: journalctl -u kubelet)'];

/** Why a kubelet does not give its figures to whoever asked: the caller by their certificate, or the API server by its own. */
export async function refusal(
  examination: Examination,
  { status, body }: Answer,
  asked: 'you' | 'the API server',
): Promise<Problem> {
  const text = body.trim().slice(0, 200);
  const settings = "(in the node's KubeletConfiguration; then systemctl restart kubelet)";
  if (status === 401) {
    const fixes = [`authentication: {x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}}    ${settings}`];
    return { kind: 'authorization', says: `it does not know ${asked} (401)`, fixes };
  }
  if (status !== 403) return { kind: 'page', says: `${pagePath} answers ${status}: ${text}`, fixes: restart };
  if (asked === 'you' && !(await examination.mayReadKubelets())) {
    const role = examination.kubectl('create clusterrole kubelet-metrics --verb=get --resource=nodes/metrics');
    const binding = examination.kubectl(
      'create clusterrolebinding kubelet-metrics --clusterrole=kubelet-metrics --user=USER',
    );
    return {
      kind: 'caller',
      says: 'you may not read its figures (get nodes/metrics)',
      fixes: [`${role} && ${binding}`],
    };
  }
  return {
    kind: 'authorization',
    says: `it refuses ${asked} its figures (403): ${text}`,
    fixes: [`authorization: {mode: Webhook}    ${settings}`],
  };
}

/** How old its figures are, and its clock, where `skewMs` tells how far that is ahead of ours. */
export function notePage(
  examination: Examination,
  answer: Answer,
  skewMs: number | undefined,
  found: KubeletFound,
): void {
  if (skewMs !== undefined) {
    const { outcome, says, fixes } = skewResult(skewMs, "the node's clock", "this machine's");
    if (outcome !== 'ok') found.problems.push({ kind: 'clock', says, fixes });
  }
  const stamps = [...answer.body.matchAll(/^node_cpu_usage_seconds_total \S+ (\d{13})$/gm)].map(([, ms]) => Number(ms));
  if (stamps.length === 0) {
    found.problems.push({ kind: 'page', says: `${pagePath} says nothing of the node's CPU`, fixes: restart });
    return;
  }
  const ageMs = examination.clock.nowMs() + (skewMs ?? examination.apiServerSkewMs) - Math.max(...stamps);
  if (Math.abs(ageMs) <= pageAgeMsMax) {
    found.details.push(`figures of ${Math.max(0, ageMs / 1000).toFixed(0)} s ago`);
    return;
  }
  const seconds = (Math.abs(ageMs) / 1000).toFixed(0);
  const says = `its figures are of ${seconds} s ${ageMs > 0 ? 'ago' : 'from now'}`;
  found.problems.push({ kind: 'clock', says, fixes: ['timedatectl set-ntp true    (on the node)', ...restart] });
}
