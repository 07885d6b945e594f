import { formatParts, type Part, parseParts } from './block-table.ts';
import type { Location } from './record.ts';

/* Rows of the tables of pushed lines. */

/** Where pushed lines lie that were stored together: one record, with runs of lines, each of one stream. */
export interface PushedBlockRow {
  /** Of its record; names the block. */
  sequence: number;
  /** Of the earliest and the latest of its parts. */
  sequenceMin: number;
  sequenceMax: number;
  tenant: string;
  /** Of the frame; runs that were deleted, or lie elsewhere by now, are among them. */
  runCount: number;
  textBytes: number;
  /** When the latest part came, and the earliest. */
  receivedMs: number;
  receivedMinMs: number;
  location: Location;
  /** Its text is compact; else it may become so. */
  compact: boolean;
}

/** The lines of one stream in a block. They are those of `parts`, in that order; within a part by time. */
export interface PushedRunRow {
  block: PushedBlockRow;
  /** Among the runs of the frame. */
  position: number;
  stream: number;
  /** Among the lines of the frame. */
  lineFrom: number;
  lineCount: number;
  timeMin: bigint;
  timeMax: bigint;
  parts: Part[];
}

/** A run that is alive, and what planning asks of it. */
export interface PushedRunPlace {
  position: number;
  stream: number;
  lineCount: number;
  textBytes: number;
  parts: Part[];
}

/** Runs that another block takes from a block: those at these positions, or null for all that it has. */
export interface TakenRuns {
  block: number;
  positions: readonly number[] | null;
}

/** Plain blocks of a tenant, together. */
export interface PlainTenant {
  tenant: string;
  textBytes: number;
  /** Small ones that were never merged. */
  smallCount: number;
}

/** Less text than this in a compact block, and it may be rewritten with more; the index `pushed_blocks_partly_full` has the same number. */
export const partlyFullTextBytes = 4 * 1024 * 1024;

/** The place of a part in a file says nothing here. */
export function runParts(parts: string | null, sequenceMax: number, lineCount: number): Part[] {
  return parts === null ? [{ sequence: sequenceMax, offset: 0, lineCount }] : parseParts(parts);
}

/** Null for one part that is the latest of its block. */
export function formatRunParts(parts: readonly Part[], sequenceMax: number): string | null {
  const [only] = parts;
  if (parts.length === 1 && only!.sequence !== sequenceMax) return `${only!.sequence} 0 ${only!.lineCount}`;
  return formatParts(parts);
}

export function blockOf(row: Record<string, unknown>): PushedBlockRow {
  return {
    sequence: Number(row.sequence),
    sequenceMin: Number(row.sequence_min),
    sequenceMax: Number(row.sequence_max),
    tenant: row.tenant as string,
    runCount: Number(row.run_count),
    textBytes: Number(row.text_bytes),
    receivedMs: Number(row.received_ms),
    receivedMinMs: Number(row.received_min_ms),
    location: { pack: Number(row.pack), offset: Number(row.pack_offset), bytes: Number(row.record_bytes) },
    compact: Number(row.compact) === 1,
  };
}
