import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { MetricLines } from './metric-lines.ts';

/** A line for each owner; an object that nobody owns has one with empty labels. */
export function addOwners(lines: MetricLines, name: string, object: KubeObject): void {
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0) lines.add(name, 1, { owner_kind: '', owner_name: '', owner_is_controller: '' });
  for (const owner of owners)
    lines.add(name, 1, {
      owner_kind: owner.kind,
      owner_name: owner.name,
      owner_is_controller: owner.controller ?? false,
    });
}
