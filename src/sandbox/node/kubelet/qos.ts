import { amountOf } from './downward.ts';
import { containersOf, type Pod } from './pod.ts';

/** Guaranteed when every container has limits for cpu and memory that equal its requests; BestEffort when none has any. */
export function qosClassOf(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  let any = false;
  let guaranteed = true;
  for (const { resources = {} } of containersOf(pod)) {
    for (const name of ['cpu', 'memory']) {
      const limit = resources.limits?.[name];
      const request = resources.requests?.[name] ?? limit;
      any ||= isSet(limit) || isSet(request);
      guaranteed &&= isSet(limit) && amountOf(limit as string) === amountOf(request as string);
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function isSet(quantity: string | number | undefined): boolean {
  return quantity !== undefined && amountOf(quantity) !== 0;
}
