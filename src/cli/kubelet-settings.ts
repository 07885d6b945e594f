import type { Option } from 'commander';
import { Fault } from '../base/fault.ts';
import { setting } from './settings.ts';

/** How a kubelet is known, and who asks it. */
export interface KubeletFlags {
  kubeletCertificateAuthority?: string;
  kubeletClientCertificate?: string;
  kubeletClientKey?: string;
  kubeletInsecureTls?: boolean;
}

export function kubeletCertificateSettings(): Option[] {
  return [
    setting(
      '--kubelet-certificate-authority <file>',
      "authority of the kubelets' certificates (default: the API server's)",
    ),
    setting('--kubelet-client-certificate <file>', 'client certificate for the kubelets'),
    setting('--kubelet-client-key <file>', 'its key'),
  ];
}

/** As what is scraped without a configuration wants it; undefined where no flag says anything. */
export function kubeletAccess(flags: KubeletFlags) {
  const { kubeletCertificateAuthority, kubeletClientCertificate, kubeletClientKey, kubeletInsecureTls } = flags;
  const access = {
    caFile: kubeletCertificateAuthority,
    certFile: kubeletClientCertificate,
    keyFile: kubeletClientKey,
    insecureSkipVerify: kubeletInsecureTls,
  };
  if ((access.certFile === undefined) !== (access.keyFile === undefined))
    throw new Fault('usage', '--kubelet-client-certificate and --kubelet-client-key go together');
  return Object.values(access).every((value) => value === undefined) ? undefined : access;
}
