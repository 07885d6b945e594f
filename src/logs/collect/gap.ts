import { encodeFactsFrame, type GapFact, type InstanceId } from '../batch/batch.ts';
import type { Piece } from './assemble.ts';

export type Gap = Omit<GapFact, 'kind' | 'instance' | 'noticedAt'>;

/** A gap travels in order with the lines around it, and counts when it is acknowledged. */
export function gapPiece(instance: InstanceId, gap: Gap, wallMs: number): Piece {
  const fact: GapFact = { kind: 'gap', instance, ...gap, noticedAt: new Date(wallMs).toISOString() };
  return { frame: encodeFactsFrame([fact]), covers: [], lineCount: 0, malformedCount: 0, truncatedCount: 0 };
}
