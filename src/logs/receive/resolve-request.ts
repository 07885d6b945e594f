import { Fault } from '../../base/fault.ts';
import { type InstanceOffer, limits, type ResolveRequest } from '../batch/batch.ts';

const textLengthMax = 1024;
const segmentsPerOfferMax = 1000;
const SEGMENT = /^[0-9a-f]{16}-[0-9a-f]{16}$/;

/** Throws Fault `bad-request` that names the offending place. */
export function checkedResolveRequest(body: unknown): ResolveRequest {
  const { agent, offers } = objectAt(body, 'the body');
  const { node, version } = objectAt(agent, 'agent');
  if (!Array.isArray(offers)) throw wrong('offers', 'a list');
  if (offers.length > limits.offersMax) throw wrong('offers', `at most ${limits.offersMax} (offersMax)`);
  return {
    agent: { node: textAt(node, 'agent.node'), version: textAt(version, 'agent.version') },
    offers: offers.map((offer, i) => checkedOffer(offer, `offers[${i}]`)),
  };
}

function checkedOffer(value: unknown, at: string): InstanceOffer {
  const offer = objectAt(value, at);
  const key = objectAt(offer.key, `${at}.key`);
  const attempt = key.attempt;
  if (!Number.isSafeInteger(attempt) || (attempt as number) < 0) throw wrong(`${at}.key.attempt`, 'a count');
  return {
    key: {
      cluster: textAt(key.cluster, `${at}.key.cluster`),
      podUid: textAt(key.podUid, `${at}.key.podUid`),
      container: textAt(key.container, `${at}.key.container`),
      attempt: attempt as number,
    },
    namespace: textAt(offer.namespace, `${at}.namespace`),
    pod: textAt(offer.pod, `${at}.pod`),
    node: textAt(offer.node, `${at}.node`),
    containerId: textOrNullAt(offer.containerId, `${at}.containerId`),
    segments: segmentsAt(offer.segments, `${at}.segments`),
    continues: textOrNullAt(offer.continues, `${at}.continues`),
  };
}

function segmentsAt(value: unknown, at: string): string[] {
  if (!Array.isArray(value)) throw wrong(at, 'a list');
  if (value.length > segmentsPerOfferMax) throw wrong(at, `at most ${segmentsPerOfferMax} (segmentsPerOfferMax)`);
  return value.map((segment, i) => {
    if (typeof segment !== 'string' || !SEGMENT.test(segment)) throw wrong(`${at}[${i}]`, 'the name of a segment');
    return segment;
  });
}

function objectAt(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(at, 'an object');
  return value as Record<string, unknown>;
}

function textAt(value: unknown, at: string): string {
  if (typeof value !== 'string') throw wrong(at, 'text');
  if (value.length > textLengthMax) throw wrong(at, `at most ${textLengthMax} characters (textLengthMax)`);
  return value;
}

function textOrNullAt(value: unknown, at: string): string | null {
  return value === null || value === undefined ? null : textAt(value, at);
}

function wrong(at: string, expected: string): Fault {
  return new Fault('bad-request', `${at} must be ${expected}`);
}
