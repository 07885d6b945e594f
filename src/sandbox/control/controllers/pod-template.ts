/** Comparing and naming pod templates; pure. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../kubernetes/client/client.ts';

export const TEMPLATE_HASH = 'pod-template-hash';
/** No vowels and nothing that looks like another letter, so that no words come about. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const HASH_CHARS = 10;

export type PodTemplate = Omit<KubeObject, 'metadata'> & { metadata?: Partial<KubeObject['metadata']> };

/** Equal templates have equal hashes, whatever the order of their keys. `collisions` gives another hash after a clash of names. */
export function templateHash(template: PodTemplate, collisions: number): string {
  const text = JSON.stringify([sorted(withoutHash(template)), collisions]);
  const bytes = createHash('sha256').update(text).digest();
  return Array.from(bytes.subarray(0, HASH_CHARS), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

export function sameTemplate(left: PodTemplate, right: PodTemplate): boolean {
  return isDeepStrictEqual(withoutHash(left), withoutHash(right));
}

/** The label is the controller's own and no part of what the user asked for. */
function withoutHash(template: PodTemplate): PodTemplate {
  const { [TEMPLATE_HASH]: _hash, ...labels } = template.metadata?.labels ?? {};
  const { labels: _labels, creationTimestamp: _created, ...metadata } = template.metadata ?? {};
  return { ...template, metadata: { ...metadata, ...(Object.keys(labels).length > 0 ? { labels } : {}) } };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
