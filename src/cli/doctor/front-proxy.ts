import { X509Certificate } from 'node:crypto';
import { validity } from './certificate-words.ts';
import { broken, type Check, ok, type Result, warning } from './check.ts';
import type { Examination } from './examination.ts';

const namespace = 'kube-system';
const name = 'extension-apiserver-authentication';
const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The metrics server can learn whose word on who is asking it may take. */
export const frontProxyCheck: Check<Examination> = {
  id: 'front-proxy',
  title: 'front proxy',
  after: ['api-server'],
  async run(examination) {
    const map = await examination.get(`/api/v1/namespaces/${namespace}/configmaps/${name}`);
    const fixes = fixesOf(examination, map !== undefined);
    if (!map) return broken(`there is no ConfigMap ${namespace}/${name}`, fixes);
    return judged((map.data ?? {}) as Record<string, string>, examination.clock.nowMs(), fixes);
  },
};

function judged(data: Record<string, string>, nowMs: number, fixes: string[]): Result {
  const problems = [
    authorityProblem(data, 'requestheader-client-ca-file', nowMs),
    authorityProblem(data, 'client-ca-file', nowMs),
    listProblem(data, 'requestheader-username-headers', true),
    listProblem(data, 'requestheader-group-headers', true),
    listProblem(data, 'requestheader-extra-headers-prefix', false),
    listProblem(data, 'requestheader-allowed-names', false),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) return broken(`ConfigMap ${namespace}/${name}: ${problems[0]}`, fixes, problems.slice(1));
  const names = JSON.parse(data['requestheader-allowed-names'] || '[]') as string[];
  const said = `authorities are there and valid; the front proxy may be ${names.length > 0 ? names.join(', ') : 'any that they signed'}`;
  const same = data['client-ca-file']?.trim() === data['requestheader-client-ca-file']?.trim();
  if (same && names.length === 0)
    return warning(
      said,
      ["kube-apiserver's flag --requestheader-allowed-names=front-proxy-client"],
      ['clients have the same authority: whoever has a client certificate may speak for everybody'],
    );
  return ok(said);
}

function authorityProblem(data: Record<string, string>, key: string, nowMs: number): string | undefined {
  const texts = data[key]?.match(block);
  if (!texts) return data[key] ? `${key} holds no certificate in PEM` : `${key} is missing`;
  for (const text of texts) {
    try {
      const { state, says } = validity(new X509Certificate(text), nowMs);
      if (state === 'bad') return `${key} is ${says}`;
    } catch {
      return `${key} holds a certificate that cannot be read`;
    }
  }
  return undefined;
}

function listProblem(data: Record<string, string>, key: string, required: boolean): string | undefined {
  if (!data[key]) return required ? `${key} is missing` : undefined;
  try {
    const list: unknown = JSON.parse(data[key]);
    if (Array.isArray(list) && list.every((each) => typeof each === 'string'))
      return required && list.length === 0 ? `${key} is empty` : undefined;
  } catch {}
  return `${key} is not a JSON list of texts`;
}

/** The API server itself writes it: anew within a minute where it is missing, and with what its flags say. */
function fixesOf(examination: Examination, exists: boolean): string[] {
  if (examination.isSandbox) return ['stop "taffrail up" and start it again'];
  const flags =
    "kube-apiserver's flags --client-ca-file, --requestheader-client-ca-file, --requestheader-allowed-names=front-proxy-client, --requestheader-username-headers=X-Remote-User, --requestheader-group-headers=X-Remote-Group, --requestheader-extra-headers-prefix=X-Remote-Extra-, --proxy-client-cert-file and --proxy-client-key-file";
  const rewrite = examination.kubectl(`delete configmap ${name} -n ${namespace}`);
  return exists ? [`${rewrite}    (the API server writes it anew within a minute)`, flags] : [flags];
}
