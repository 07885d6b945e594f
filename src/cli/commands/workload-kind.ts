import { Fault } from '../../base/fault.ts';

/** Kinds whose pods name them in their owner chain, with the names that kubectl takes for them. */
const kinds: Record<string, readonly string[]> = {
  deployment: ['deploy', 'deployments'],
  replicaset: ['rs', 'replicasets'],
  statefulset: ['sts', 'statefulsets'],
  daemonset: ['ds', 'daemonsets'],
  job: ['jobs'],
  cronjob: ['cj', 'cronjobs'],
  replicationcontroller: ['rc', 'replicationcontrollers'],
  node: ['no', 'nodes'],
};

export function isPodKind(text: string): boolean {
  return ['pod', 'pods', 'po'].includes(text.toLowerCase());
}

/** Of what was typed before the slash, as in deploy, Deployments or deployments.apps; a kind of its own is taken as it is. */
export function workloadKind(text: string): string {
  const kind = text.toLowerCase().split('.')[0]!;
  if (['svc', 'service', 'services'].includes(kind)) {
    throw new Fault('usage', `cannot get the logs of a service: what it selects is not stored`, {
      hint: 'give its selector with -l',
    });
  }
  return Object.keys(kinds).find((name) => name === kind || kinds[name]!.includes(kind)) ?? kind;
}
