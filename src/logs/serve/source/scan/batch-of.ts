import type { LabelRecord } from '../../../query/query.ts';
import type { ListedUnit } from './listed-units.ts';
import type { ScanUnit, UnitPart } from './scan-protocol.ts';
import type { Batch } from './scan-threads.ts';

/** As it is sent to a thread: labels that many units share are sent once. */
export function batchOf(
  listed: readonly ListedUnit[],
  wantsFilter: (unit: ListedUnit) => boolean = () => false,
): Batch {
  const labels: LabelRecord[] = [];
  const places = new Map<LabelRecord, number>();
  const placeOf = (record: LabelRecord) => {
    let place = places.get(record);
    if (place === undefined) places.set(record, (place = labels.push(record) - 1));
    return place;
  };
  const units = listed.map((one): ScanUnit => {
    const { parts, textBytes: _bytes, key: _key, ...unit } = one;
    const sent = parts.map(({ ranges, streams }): UnitPart => {
      return { ranges, streams: streams.map((stream) => ({ ...stream, labels: placeOf(stream.labels) })) };
    });
    return { ...unit, parts: sent, ...(wantsFilter(one) && { wantsFilter: true }) };
  });
  return { labels, units };
}
