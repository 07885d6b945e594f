import { Fault } from '../../../base/fault.ts';
import type { Principal } from '../../../http/principal.ts';

/** Throws Fault `forbidden`. */
export function requireWriter({ name, roles }: Principal): void {
  if (roles.includes('agent') || roles.includes('admin')) return;
  throw new Fault('forbidden', `${name} may not write series: the role "agent" is needed`);
}
