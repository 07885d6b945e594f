import { apiServerCheck, clockCheck } from './api-server.ts';
import { availableCheck, discoveryCheck } from './availability.ts';
import { callerRightsCheck } from './caller-rights.ts';
import type { Check } from './check.ts';
import type { Examination } from './examination.ts';
import { extensionCertificateCheck } from './extension-certificate.ts';
import { figuresCheck } from './figures.ts';
import { frontProxyCheck } from './front-proxy.ts';
import { nodesCheck } from './nodes.ts';
import { apiServiceCheck, endpointsCheck, serviceCheck } from './registration.ts';
import { readerRoleCheck, serverRightsCheck } from './server-rights.ts';

/** In the order of the way that a figure is asked for: from the caller to the kubelets. */
export const checks: readonly Check<Examination>[] = [
  apiServerCheck,
  clockCheck,
  callerRightsCheck,
  apiServiceCheck,
  serviceCheck,
  endpointsCheck,
  extensionCertificateCheck,
  frontProxyCheck,
  serverRightsCheck,
  readerRoleCheck,
  availableCheck,
  discoveryCheck,
  nodesCheck,
  figuresCheck,
];
