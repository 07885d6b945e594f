import { messageOf } from '../../base/fault.ts';
import { validity } from './certificate-words.ts';
import { broken, type Check, ok, type Result, warning } from './check.ts';
import type { Examination } from './examination.ts';
import { type Answer, type Handshake, shakeHands } from './handshake.ts';

/** Of what the server answered. */
const shownCharsMax = 200;
/** Further apart than this, the metrics server believes no timestamp. */
const skewMsMax = 300_000;
const skewWarnedMs = 5000;

/** The API server answers, with a certificate that the kubeconfig's authority has signed, and knows who is asking. */
export const apiServerCheck: Check<Examination> = {
  id: 'api-server',
  title: 'API server',
  after: [],
  async run(examination) {
    const { access } = examination.client;
    const url = new URL(`${access.server}/version`);
    let hands: Handshake | undefined;
    try {
      if (url.protocol === 'https:') hands = await shakeHandsWith(examination, url);
    } catch (error) {
      return broken(`${access.server} cannot be reached: ${messageOf(error)}`, [
        'start the cluster, or name another one with --kubeconfig FILE or --context NAME',
        `the kubeconfig's line "server: ${access.server}"`,
      ]);
    }
    const distrusted = hands && !access.insecureSkipTlsVerify && certificateProblem(examination, hands);
    if (distrusted) return distrusted;
    const version = await examination.ask('/version');
    // The version is for everybody: some servers do not look at the credentials of who asks for it.
    const groups = version.status === 200 ? await examination.ask('/apis') : version;
    return answered(examination, groups.status === 401 ? groups : version, hands);
  },
};

function shakeHandsWith({ client: { access }, requestTimeoutMs }: Examination, url: URL): Promise<Handshake> {
  return shakeHands({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 443),
    ca: access.ca,
    serverName: access.tlsServerName,
    timeoutMs: requestTimeoutMs,
  });
}

function certificateProblem({ clock }: Examination, { certificate, distrust }: Handshake): Result | undefined {
  if (certificate) {
    const { state, says } = validity(certificate, clock.nowMs());
    if (state === 'bad')
      return broken(`its certificate is ${says}`, ['kubeadm certs renew apiserver    (on a control plane node)']);
  }
  if (distrust === undefined) return undefined;
  return broken(`its certificate is not believed: ${distrust}`, [
    "the kubeconfig's line certificate-authority-data: the authority that signed it, in base64",
    "the kubeconfig's line tls-server-name: one of the names in it, where another name was asked for",
  ]);
}

function answered(examination: Examination, answer: Answer, hands: Handshake | undefined): Result {
  const { server } = examination.client.access;
  if (answer.status === 401)
    return broken(`${server} does not know who you are (401)`, [
      'log in again: the token or client certificate of the kubeconfig has expired or is of another cluster',
    ]);
  if (answer.status !== 200)
    return broken(`${server}/version answers ${answer.status}`, [], [answer.body.slice(0, shownCharsMax)]);
  let gitVersion = '';
  try {
    gitVersion = String(JSON.parse(answer.body).gitVersion ?? '');
  } catch {
    return broken(`${server} is no Kubernetes API server`, ["the kubeconfig's line server"]);
  }
  examination.isSandbox = gitVersion.endsWith('+taffrail');
  const skewMs = examination.skewMs(answer) ?? 0;
  examination.apiServerSkewMs = skewMs;
  const dates = hands?.certificate && validity(hands.certificate, examination.clock.nowMs());
  const says = `${server} answers, ${gitVersion}${dates ? `, certificate ${dates.says}` : ''}`;
  if (dates?.state === 'soon') return warning(says, ['kubeadm certs renew apiserver    (on a control plane node)']);
  return ok(says);
}

export const clockCheck: Check<Examination> = {
  id: 'clock',
  title: 'clocks',
  after: ['api-server'],
  async run({ apiServerSkewMs }) {
    return skewResult(apiServerSkewMs, 'the API server', 'this machine');
  },
};

export function skewResult(skewMs: number, whose: string, ours: string): Result {
  const seconds = (Math.abs(skewMs) / 1000).toFixed(Math.abs(skewMs) < 10_000 ? 1 : 0);
  if (Math.abs(skewMs) <= skewWarnedMs) return ok(`${whose} and ${ours} agree within ${skewWarnedMs / 1000} s`);
  const says = `${whose} is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} ${ours}`;
  const fixes = ['timedatectl set-ntp true    (on the machine whose clock is wrong)'];
  return Math.abs(skewMs) > skewMsMax ? broken(says, fixes) : warning(says, fixes);
}
