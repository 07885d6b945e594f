import { Fault } from '../../base/fault.ts';
import { isPodKind, workloadKind } from './workload-kind.ts';

/** Whose logs are meant; neither where nothing was typed. */
export interface LogTarget {
  pod?: string;
  workload?: { kind: string; name: string };
}

/** Of `POD` or `TYPE/NAME`. Throws Fault `usage` in kubectl's words. */
export function logTarget(text: string | undefined): LogTarget {
  if (text === undefined) return {};
  const [kind, name, ...rest] = text.split('/');
  if (name === undefined) return { pod: text };
  if (rest.length > 0) throw new Fault('usage', 'arguments in resource/name form may not have more than one slash');
  if (!kind || !name) {
    throw new Fault('usage', 'arguments in resource/name form must have a single resource and name');
  }
  return isPodKind(kind) ? { pod: name } : { workload: { kind: workloadKind(kind), name } };
}
