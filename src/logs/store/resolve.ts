import { type InstanceOffer, instanceId, type ResolvedInstance, type ResolveRequest } from '../batch/batch.ts';
import type { Catalogue } from './catalogue.ts';
import type { Group } from './committer.ts';
import { Coverage } from './coverage.ts';
import type { InstanceRow } from './instance-table.ts';
import type { ResolvedPayload } from './payloads.ts';
import { jsonPayload, recordKinds } from './record.ts';

type Resolved = ResolvedPayload['instances'][number];

/** Decides which instance each offer is, and records what is new of it. Gives the ids, in the order of the offers. */
export function planResolve(
  catalogue: Catalogue,
  group: Group,
  tenant: string,
  request: ResolveRequest,
  randomBirth: () => string,
): string[] {
  const news = new Map<string, Resolved>();
  const ids = request.offers.map((offer) => {
    const known = knownInstance(catalogue, tenant, offer);
    const id = known?.id ?? instanceId(tenant, offer.key, birthOf(offer, randomBirth));
    const change = changeOf(catalogue, tenant, known ?? catalogue.instances.find(tenant, id), offer, id);
    if (change) news.set(id, joined(news.get(id), change));
    return id;
  });
  if (news.size > 0) {
    const payload: ResolvedPayload = { instances: [...news.values()] };
    group.records.push({ kind: recordKinds.resolved, tenant, payload: jsonPayload(payload) });
  }
  return ids;
}

/** What is held of an offer's segments, once its instance is in the catalogue. */
export function heldOf(catalogue: Catalogue, tenant: string, id: string, offer: InstanceOffer): ResolvedInstance {
  const instance = catalogue.instances.find(tenant, id)!;
  return {
    id: instance.id,
    deleted: instance.deleted,
    segments: offer.segments.map((segment) => {
      const coverage = catalogue.segments.coverage(instance.row, segment) ?? Coverage.empty();
      return { segment, held: coverage.held() };
    }),
  };
}

/** The rules of identity, in their order: a known file, a known container, what the agent saw, nothing known at all. */
function knownInstance(catalogue: Catalogue, tenant: string, offer: InstanceOffer): InstanceRow | undefined {
  const sameKey = catalogue.instances.byKey(tenant, offer.key);
  const differs = (row: InstanceRow) =>
    offer.containerId !== null && row.containerId !== null && row.containerId !== offer.containerId;
  const candidates = sameKey.filter((row) => !differs(row));
  // The newest file decides: it is the one that goes on being written.
  for (const segment of offer.segments.toReversed()) {
    const owners = candidates.filter((row) => catalogue.segments.coverage(row.row, segment) !== undefined);
    const owner = owners.find((row) => row.containerId !== null && row.containerId === offer.containerId) ?? owners[0];
    if (owner) return owner;
  }
  const sameContainer = sameKey.find((row) => row.containerId !== null && row.containerId === offer.containerId);
  if (sameContainer) return sameContainer;
  const continued = offer.continues === null ? undefined : catalogue.instances.find(tenant, offer.continues);
  if (continued && candidates.some((row) => row.row === continued.row)) return continued;
  // One that was resolved while its file was still empty has nothing that could be compared: this is what it has become.
  return candidates.find((row) => row.containerId === null && catalogue.segments.list(row.row).length === 0);
}

function birthOf(offer: InstanceOffer, randomBirth: () => string): string {
  return offer.containerId ?? offer.segments[0] ?? randomBirth();
}

/** Undefined where the catalogue knows all of it. */
function changeOf(
  catalogue: Catalogue,
  tenant: string,
  known: InstanceRow | undefined,
  offer: InstanceOffer,
  id: string,
): Resolved | undefined {
  const { key, namespace, pod, node, containerId } = offer;
  const segments = offer.segments.filter(
    (segment) => !known || catalogue.segments.coverage(known.row, segment) === undefined,
  );
  const same =
    known &&
    segments.length === 0 &&
    (containerId === null || containerId === known.containerId) &&
    known.namespace === namespace &&
    known.pod === pod &&
    known.node === node &&
    known.key.podUid === key.podUid;
  if (same) return undefined;
  return { id, key, namespace, pod, node, containerId, segments, aliases: known ? [] : aliasesOf(tenant, offer) };
}

/** The id that it would have got before its container id was known: a batch may have been spooled under it. */
function aliasesOf(tenant: string, { containerId, key, segments }: InstanceOffer): string[] {
  return containerId === null || segments[0] === undefined ? [] : [instanceId(tenant, key, segments[0])];
}

/** Two offers of one request may be the same instance. */
function joined(before: Resolved | undefined, change: Resolved): Resolved {
  if (!before) return change;
  const segments = [...new Set([...before.segments, ...change.segments])];
  return { ...before, ...change, containerId: change.containerId ?? before.containerId, segments };
}
