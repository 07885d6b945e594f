/** Which objects a controller takes as its own; pure. */
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { type LabelSelector, matchesLabels } from '../../../kubernetes/selector/selector.ts';
import { controllerOf, isControlledBy } from './owner.ts';

export interface Claims {
  owned: KubeObject[];
  /** Match the selector and belong to nobody. */
  adopt: KubeObject[];
  /** Belong to the owner and do not match any more. */
  release: KubeObject[];
}

/** An owner that is being deleted keeps what it has and adopts nothing. */
export function claim(owner: KubeObject, selector: LabelSelector, candidates: Iterable<KubeObject>): Claims {
  const claims: Claims = { owned: [], adopt: [], release: [] };
  for (const object of candidates) {
    const matches = matchesLabels(selector, object.metadata.labels);
    if (isControlledBy(object, owner)) {
      if (matches || owner.metadata.deletionTimestamp) claims.owned.push(object);
      else if (!object.metadata.deletionTimestamp) claims.release.push(object);
    } else if (
      matches &&
      !controllerOf(object) &&
      !object.metadata.deletionTimestamp &&
      !owner.metadata.deletionTimestamp
    ) {
      claims.adopt.push(object);
    }
  }
  return claims;
}
