import type { Catalogue } from './catalogue.ts';
import type { InstanceRow } from './instance-table.ts';

/**
 * The runtime's container id names a run for good: two instances of one key that come to have the same one are the same
 * run, read before and after an agent lost its memory. The one that was known first goes on under both ids.
 */
export function linkByContainerId(catalogue: Catalogue, instance: InstanceRow, containerId: string): void {
  const others = catalogue.instances.byKey(instance.tenant, instance.key);
  const same = others.find((other) => other.row !== instance.row && other.containerId === containerId);
  if (!same) {
    if (instance.containerId !== containerId) catalogue.instances.setContainerId(instance.row, containerId);
    return;
  }
  const [to, from] = same.row < instance.row ? [same, instance] : [instance, same];
  const deleted = to.deleted || from.deleted;
  catalogue.blocks.move(from.row, to.row);
  catalogue.segments.move(from.row, to.row);
  catalogue.instances.absorb(from, to);
  catalogue.instances.setContainerId(to.row, containerId);
  if (!deleted) return;
  catalogue.blocks.removeOfInstance(to.row);
  catalogue.segments.clear(to.row);
  catalogue.instances.markDeleted(to.row);
}
