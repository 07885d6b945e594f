import { messageOf } from '../../base/fault.ts';
import type { KubeObject } from '../../kubernetes/client/client.ts';
import { namesOf, validity } from './certificate-words.ts';
import type { Examination } from './examination.ts';
import { ask, type Handshake, shakeHands } from './handshake.ts';
import { notePage, pagePath, refusal, restart } from './kubelet-page.ts';

const addressTypes = ['InternalIP', 'ExternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS'];
const defaultPort = 10_250;

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

/**
 * Directly where it can be reached from here, otherwise by way of the API server's proxy. A bearer token never goes to a kubelet:
 * whoever has taken over a node would have the token of whoever runs the doctor.
 */
export async function examineKubelet(examination: Examination, kubelet: Kubelet): Promise<KubeletFound> {
  const found: KubeletFound = { problems: [], details: [] };
  const direct = await handshake(examination, kubelet);
  if (typeof direct === 'string') {
    found.details.push(`not reachable from here (${direct}), so its certificate was not looked at`);
    await askByProxy(examination, kubelet, found);
    return found;
  }
  noteCertificate(examination, direct, found);
  if (direct.distrust === undefined && examination.client.access.clientCertificate)
    await askDirectly(examination, kubelet, found);
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
    const answer = await ask({ url, ca, cert, key, timeoutMs: examination.requestTimeoutMs });
    if (answer.status === 200) notePage(examination, answer, examination.skewMs(answer), found);
    else found.problems.push(await refusal(examination, answer, 'you'));
  } catch (error) {
    found.problems.push({ kind: 'reach', says: `it does not answer: ${messageOf(error)}`, fixes: restart });
  }
}

async function askByProxy(examination: Examination, { name }: Kubelet, found: KubeletFound): Promise<void> {
  const answer = await examination.ask(`/api/v1/nodes/${encodeURIComponent(name)}/proxy${pagePath}`);
  if (answer.status === 200) {
    // Whose clock the head tells, the node's or the API server's, cannot be known.
    notePage(examination, answer, undefined, found);
    return;
  }
  const message = statusMessage(answer.body);
  if (message === undefined) found.problems.push(await refusal(examination, answer, 'the API server'));
  else if (answer.status === 403) found.details.push('you may not ask it by way of the API server (get nodes/proxy)');
  else {
    const says = `the API server cannot reach it (${answer.status}): ${message}`;
    found.problems.push({ kind: 'reach', says, fixes: restart });
  }
}

/** Of the API server's own answers; what the kubelet answers is no Status. */
function statusMessage(body: string): string | undefined {
  try {
    const status = JSON.parse(body);
    return status.kind === 'Status' ? String(status.message) : undefined;
  } catch {
    return undefined;
  }
}
