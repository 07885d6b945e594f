import { messageOf } from '../../base/fault.ts';
import type { KubeObject } from '../../kubernetes/client/client.ts';
import { skewResult } from './api-server.ts';
import { namesOf, validity } from './certificate-words.ts';
import type { Examination } from './examination.ts';
import { type Answer, ask, type Handshake, shakeHands } from './handshake.ts';

const addressTypes = ['InternalIP', 'ExternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS'];
const defaultPort = 10_250;
const pagePath = '/metrics/resource';
/** Kubelets refresh their figures every 10 to 15 s. */
const pageAgeMsMax = 90_000;

export interface Kubelet {
  name: string;
  host: string;
  port: number;
}

export interface Problem {
  /** `caller`: it is whoever runs the doctor who may not, which says nothing of the metrics server. */
  kind: 'reach' | 'certificate' | 'authorization' | 'caller' | 'clock' | 'page';
  says: string;
  fixes: string[];
}

export interface KubeletFound {
  problems: Problem[];
  details: string[];
}

/** Where the metrics server asks it. Undefined: it has no address. */
export function kubeletOf({ metadata, status }: KubeObject, args: readonly string[]): Kubelet | undefined {
  const preferred = flagOf(args, '--kubelet-preferred-address-types')?.split(',') ?? addressTypes;
  const addresses: { type: string; address: string }[] = status?.addresses ?? [];
  const host = preferred.map((type) => addresses.find((each) => each.type === type)?.address).find(Boolean);
  const own: number | undefined = status?.daemonEndpoints?.kubeletEndpoint?.Port;
  const port = own ?? Number(flagOf(args, '--kubelet-port') ?? defaultPort);
  return host === undefined ? undefined : { name: metadata.name, host, port };
}

function flagOf(args: readonly string[], flag: string): string | undefined {
  return args.find((each) => each.startsWith(`${flag}=`))?.slice(flag.length + 1);
}

/** Directly where it can be reached from here, otherwise by way of the API server's proxy. */
export async function examineKubelet(examination: Examination, kubelet: Kubelet): Promise<KubeletFound> {
  const found: KubeletFound = { problems: [], details: [] };
  const direct = await handshake(examination, kubelet);
  if (typeof direct === 'string') {
    found.details.push(`not reachable from here (${direct}), so its certificate was not looked at`);
    await askByProxy(examination, kubelet, found);
    return found;
  }
  noteCertificate(examination, direct, found);
  if (direct.distrust === undefined) await askDirectly(examination, kubelet, found);
  else await askByProxy(examination, kubelet, found);
  return found;
}

async function handshake(
  { client, requestTimeoutMs }: Examination,
  { host, port }: Kubelet,
): Promise<Handshake | string> {
  try {
    return await shakeHands({ host, port, ca: client.access.ca, timeoutMs: requestTimeoutMs / 2 });
  } catch (error) {
    return messageOf(error);
  }
}

function noteCertificate({ clock }: Examination, { certificate, distrust }: Handshake, found: KubeletFound): void {
  const dates = certificate && validity(certificate, clock.nowMs());
  const fixes = [
    "serverTLSBootstrap: true    (in the node's KubeletConfiguration; then kubectl get csr, kubectl certificate approve NAME)",
    "- --kubelet-insecure-tls    (in the metrics server's args: any certificate is taken)",
    "- --kubelet-certificate-authority=FILE    (in the metrics server's args: the authority that signed it)",
  ];
  if (dates?.state === 'bad')
    found.problems.push({ kind: 'certificate', says: `its certificate is ${dates.says}`, fixes });
  else if (distrust !== undefined)
    found.problems.push({
      kind: 'certificate',
      says: `its certificate is not believed: ${distrust}`,
      fixes,
    });
  else found.details.push(`certificate for ${certificate ? namesOf(certificate) : 'nobody'}, ${dates?.says}`);
}

async function askDirectly(examination: Examination, kubelet: Kubelet, found: KubeletFound): Promise<void> {
  const { ca, clientCertificate: cert, clientKey: key } = examination.client.access;
  const host = kubelet.host.includes(':') ? `[${kubelet.host}]` : kubelet.host;
  const url = new URL(`https://${host}:${kubelet.port}${pagePath}`);
  try {
    const token = await examination.client.access.token?.();
    const answer = await ask({ url, ca, cert, key, token, timeoutMs: examination.requestTimeoutMs });
    if (answer.status !== 200) found.problems.push(refusal(answer, token !== undefined));
    else notePage(examination, answer, found);
  } catch (error) {
    found.problems.push({ kind: 'reach', says: `it does not answer: ${messageOf(error)}`, fixes: restart });
  }
}

async function askByProxy(examination: Examination, { name }: Kubelet, found: KubeletFound): Promise<void> {
  try {
    const answer = await examination.ask(`/api/v1/nodes/${encodeURIComponent(name)}/proxy${pagePath}`);
    if (answer.status === 200) {
      notePage(examination, { ...answer, headers: {} }, found);
      return;
    }
    if (answer.status === 403) found.details.push(`you may not ask it by way of the API server (nodes/proxy)`);
    else {
      const says = `the API server cannot reach it either (${answer.status}): ${messageIn(answer.body)}`;
      found.problems.push({ kind: 'reach', says, fixes: restart });
    }
  } catch (error) {
    found.problems.push({ kind: 'reach', says: messageOf(error), fixes: restart });
  }
}

const restart = ['systemctl restart kubelet    (on the node; its log: journalctl -u kubelet)'];

function messageIn(body: string): string {
  try {
    return String(JSON.parse(body).message);
  } catch {
    return body.trim().slice(0, 200);
  }
}

function refusal({ status, body }: Answer, byToken: boolean): Problem {
  if (status === 401) {
    const line = byToken
      ? 'authentication: {webhook: {enabled: true}}'
      : 'authentication: {x509: {clientCAFile: FILE}}';
    const fixes = [`${line}    (in the node's KubeletConfiguration; then systemctl restart kubelet)`];
    return { kind: 'authorization', says: `it does not take your credentials (401)`, fixes };
  }
  const text = body.trim().slice(0, 200);
  if (status === 403) {
    const fixes = [
      "authorization: {mode: Webhook}    (in the node's KubeletConfiguration; then systemctl restart kubelet)",
      'kubectl auth can-i get nodes/metrics    (whether it is you who may not)',
    ];
    return { kind: 'authorization', says: `it refuses you its figures (403): ${text}`, fixes };
  }
  return { kind: 'page', says: `${pagePath} answers ${status}: ${text}`, fixes: restart };
}

/** Its clock by the head of its answer, and how old its figures are. */
function notePage(examination: Examination, answer: Answer, found: KubeletFound): void {
  const skewMs = examination.skewMs(answer);
  if (skewMs !== undefined) {
    const { outcome, says, fixes } = skewResult(skewMs, "the node's clock", "this machine's");
    if (outcome !== 'ok') found.problems.push({ kind: 'clock', says, fixes });
  }
  const stamps = [...answer.body.matchAll(/^node_cpu_usage_seconds_total \S+ (\d{13})$/gm)].map(([, ms]) => Number(ms));
  if (stamps.length === 0) {
    found.problems.push({ kind: 'page', says: `${pagePath} says nothing of the node's CPU`, fixes: restart });
    return;
  }
  const ageMs = examination.clock.nowMs() + (skewMs ?? 0) - Math.max(...stamps);
  if (Math.abs(ageMs) > pageAgeMsMax) {
    const says = `its figures are of ${(ageMs / 1000).toFixed(0)} s ago`;
    found.problems.push({ kind: 'clock', says, fixes: ['timedatectl set-ntp true    (on the node)', ...restart] });
  } else found.details.push(`figures of ${Math.max(0, ageMs / 1000).toFixed(0)} s ago`);
}
