import { messageOf } from '../../base/fault.ts';
import { validity } from './certificate-words.ts';
import { broken, type Check, notChecked, ok, type Result, warning } from './check.ts';
import { apiServiceName, type Examination } from './examination.ts';
import { type Handshake, shakeHands } from './handshake.ts';
import { addressesOf } from './registration.ts';

/** The metrics server's certificate is what the APIService's caBundle says, as far as it can be reached from here. */
export const extensionCertificateCheck: Check<Examination> = {
  id: 'server-certificate',
  title: 'server certificate',
  after: ['endpoints'],
  async run(examination) {
    const [apiService, [address], { namespace, name }] = await Promise.all([
      examination.apiService(),
      addressesOf(examination),
      examination.service(),
    ]);
    const { caBundle, insecureSkipTLSVerify } = apiService!.spec!;
    const ca = caBundle ? Buffer.from(caBundle, 'base64').toString() : undefined;
    if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----'))
      return broken('the caBundle of the APIService holds no certificate in PEM', fixes(examination));
    let hands: Handshake;
    try {
      const serverName = `${name}.${namespace}.svc`;
      hands = await shakeHands({ ...address!, ca, serverName, timeoutMs: examination.requestTimeoutMs / 2 });
    } catch (error) {
      return unreachable(examination, messageOf(error), address!);
    }
    return judged(examination, hands, insecureSkipTLSVerify === true, caBundle !== undefined);
  },
};

/** From outside of a cluster that is as it should be; what the API server says of it comes next. */
function unreachable(
  { isSandbox }: Examination,
  error: string,
  { host, port }: { host: string; port: number },
): Result {
  if (!isSandbox) return notChecked(`${host}:${port} cannot be reached from here (${error})`);
  return broken(`nothing answers at ${host}:${port}: ${error}`, [
    'start the metrics server again: "taffrail up", or "taffrail metrics-server" where it runs by itself',
  ]);
}

function judged(
  examination: Examination,
  { certificate, distrust }: Handshake,
  takesAny: boolean,
  hasBundle: boolean,
): Result {
  const dates = certificate && validity(certificate, examination.clock.nowMs());
  if (takesAny) return ok(`any is taken${dates ? `; it is ${dates.says}` : ''}`);
  if (distrust !== undefined && dates?.state === 'bad') return broken(`it is ${dates.says}`, renewals(examination));
  if (distrust !== undefined) {
    const by = hasBundle ? 'the caBundle of the APIService' : "the cluster's authorities";
    return broken(`not believed by ${by}: ${distrust}`, fixes(examination));
  }
  if (dates?.state === 'soon') return warning(`${dates.says}`, renewals(examination));
  return ok(`believed by the APIService, ${dates?.says ?? ''}`);
}

/** The files are read again by themselves. */
function renewals(examination: Examination): string[] {
  return [
    "the metrics server's lines --tls-cert-file and --tls-private-key-file: a certificate of the same authority that is valid now",
    ...fixes(examination),
  ];
}

function fixes(examination: Examination): string[] {
  const patch = JSON.stringify({ spec: { caBundle: null, insecureSkipTLSVerify: true } });
  return [
    examination.kubectl(`patch apiservice ${apiServiceName} --type=merge -p '${patch}'`),
    `the APIService's line caBundle: the authority of the server's certificate, PEM in base64`,
  ];
}
