import { integerMax } from './chunk/integers.ts';
import type { TenantHead } from './head/tenant-head.ts';
import type { Appended, SampleColumns } from './store.ts';
import { pickSamples } from './wal/committer.ts';
import type { SlotSamples } from './wal/record.ts';

/** The times that samples may have. */
export interface Acceptable {
  minMs: number;
  maxMs: number;
}

export function nothingAppended(): Appended {
  return { taken: 0, repeated: 0, conflicting: 0, tooOld: 0, tooNew: 0, unknownRefs: [] };
}

/** Sorts out what cannot be taken, counts it in `appended`, and gives the rest by slot. */
export function acceptSamples(
  head: TenantHead,
  samples: SampleColumns,
  { minMs, maxMs }: Acceptable,
  appended: Appended,
): SlotSamples {
  const { refs, timestampsMs, length } = samples;
  const slots = new Int32Array(length);
  let refused = 0;
  let fractions = false;
  for (let i = 0; i < length; i++) {
    const time = timestampsMs[i]!;
    const slot = head.slotOf(refs[i]!);
    if (slot === 0) appended.unknownRefs.push(i);
    else if (time > maxMs) appended.tooNew++;
    // Not a number is no time either.
    else if (!(time >= minMs)) appended.tooOld++;
    else {
      slots[i] = slot;
      fractions ||= time !== Math.floor(time);
      continue;
    }
    refused++;
  }
  const all: SlotSamples = {
    slots,
    times: fractions ? timestampsMs.map(Math.floor) : timestampsMs,
    values: samples.values,
    starts: usableStarts(samples),
    length,
  };
  if (refused === 0) return all;
  const taken: number[] = [];
  for (let i = 0; i < length; i++) if (slots[i] !== 0) taken.push(i);
  return pickSamples(all, taken);
}

/** Start timestamps that are no times are unknown; undefined where none is known. */
function usableStarts({ startTimestampsMs, length }: SampleColumns): Float64Array | null {
  if (!startTimestampsMs) return null;
  let known = false;
  const starts = startTimestampsMs.map((start) => (Math.abs(start) <= integerMax ? Math.floor(start) : 0));
  for (let i = 0; i < length; i++) known ||= starts[i] !== 0;
  return known ? starts : null;
}
