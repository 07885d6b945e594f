import { Fault, messageOf } from '../../base/fault.ts';
import type { Logger } from '../../telemetry/telemetry.ts';
import { applyRecord } from './apply.ts';
import { Catalogue, type Watermark } from './catalogue.ts';
import type { PackEnd, Packs } from './packs.ts';
import type { PlacedRecord } from './record.ts';

/** Records are applied so many to a transaction. */
const REPLAY_BATCH = 2000;

export interface Recovered {
  catalogue: Catalogue;
  /** The highest number that any record has. */
  sequence: number;
  /** Places in the packs that are no record although records follow. */
  damagedCount: number;
  rebuilt: boolean;
}

/**
 * Brings catalogue and packs together: what the packs hold beyond the watermark is replayed, a torn tail is cut off, and
 * a catalogue that is lost, damaged or of another time than the packs is made anew from them.
 */
export async function recover(packs: Packs, cataloguePath: string, log: Logger): Promise<Recovered> {
  const existing = openExisting(cataloguePath, log);
  if (existing && (await fits(existing, packs))) {
    return { catalogue: existing, ...(await replay(packs, existing, log)), rebuilt: false };
  }
  existing?.close();
  if (packs.numbers().length > 0)
    log.warn('the catalogue is rebuilt from the packs', { packs: packs.numbers().length });
  Catalogue.remove(cataloguePath);
  const catalogue = Catalogue.open(cataloguePath);
  const replayed = await replay(packs, catalogue, log);
  return { catalogue, ...replayed, rebuilt: true };
}

function openExisting(path: string, log: Logger): Catalogue | undefined {
  try {
    return Catalogue.open(path);
  } catch (error) {
    log.warn('the catalogue cannot be used', { error: messageOf(error) });
    return undefined;
  }
}

/** Whether the packs still are those that the catalogue is an index of. */
async function fits(catalogue: Catalogue, packs: Packs): Promise<boolean> {
  const { watermark } = catalogue;
  if (watermark.pack === 0) return packs.numbers().length === 0;
  if (packs.sizeBytes(watermark.pack) < watermark.bytes) return false;
  for (const pack of catalogue.blocks.liveBytesByPack().keys()) if (!packs.has(pack)) return false;
  for (const pack of catalogue.pushed.packs()) if (!packs.has(pack)) return false;
  if (!watermark.last) return true;
  const last = await packs.read(watermark.last).catch(() => undefined);
  return last?.sequence === watermark.sequence;
}

async function replay(
  packs: Packs,
  catalogue: Catalogue,
  log: Logger,
): Promise<{ sequence: number; damagedCount: number }> {
  const start = catalogue.watermark;
  const replayer = new Replayer(catalogue, start, log);
  let damagedCount = 0;
  let end: PackEnd | undefined;
  for (const pack of packs.numbers().filter((number) => number >= start.pack)) {
    if (end && packs.sizeBytes(end.pack) > end.bytes) {
      damagedCount++;
      log.error('the end of a pack is damaged', { pack: end.pack, from: end.bytes });
    }
    for await (const found of packs.scan(pack, pack === start.pack ? start.bytes : 0)) {
      if ('record' in found) replayer.add(found);
      else if ('damaged' in found) {
        damagedCount++;
        log.error('a part of a pack is damaged and left out', { ...found.damaged });
      } else end = found.end;
    }
  }
  if (end && packs.sizeBytes(end.pack) > end.bytes) {
    log.info('a torn tail is cut off', { pack: end.pack, bytes: packs.sizeBytes(end.pack) - end.bytes });
  }
  await packs.resumeAt(end);
  const sequence = replayer.finish(end ?? start);
  return { sequence, damagedCount: damagedCount + replayer.refusedCount };
}

/** Applies records to a catalogue, many to a transaction. Invariant: what is pending lies directly behind the watermark. */
class Replayer {
  readonly #catalogue: Catalogue;
  readonly #log: Logger;
  #pending: PlacedRecord[] = [];
  #sequence: number;
  #count = 0;
  refusedCount = 0;

  constructor(catalogue: Catalogue, start: Watermark, log: Logger) {
    this.#catalogue = catalogue;
    this.#sequence = start.sequence;
    this.#log = log;
  }

  add(placed: PlacedRecord): void {
    // The payload is a view of the whole pack, which must not outlive the scan.
    this.#pending.push(placed);
    if (this.#pending.length >= REPLAY_BATCH) this.#flush(endOf(placed));
  }

  /** Gives the highest sequence. */
  finish(end: PackEnd): number {
    this.#flush(end);
    if (this.#count > 0) {
      this.#catalogue.transaction(() => this.#catalogue.instances.recount());
      this.#log.info('records were replayed', { records: this.#count });
    }
    return this.#sequence;
  }

  #flush(end: PackEnd): void {
    const last = this.#pending.at(-1);
    const sequence = Math.max(this.#sequence, ...this.#pending.map(({ record }) => record.sequence));
    const previous = this.#catalogue.watermark.last;
    const watermark: Watermark = { ...end, sequence: last?.record.sequence ?? this.#catalogue.watermark.sequence };
    if (last?.location ?? previous) watermark.last = (last?.location ?? previous)!;
    this.#catalogue.advance(watermark, () => {
      for (const placed of this.#pending) this.#apply(placed);
    });
    this.#sequence = sequence;
    this.#count += this.#pending.length;
    this.#pending = [];
  }

  #apply(placed: PlacedRecord): void {
    const { database, segments } = this.#catalogue;
    segments.flush();
    database.exec('SAVEPOINT record');
    try {
      applyRecord(this.#catalogue, placed);
    } catch (error) {
      if (error instanceof Fault && error.code === 'newer-format') throw error;
      database.exec('ROLLBACK TO record');
      segments.discard();
      this.refusedCount++;
      this.#log.error('a record cannot be read and is left out', { ...placed.location, error: messageOf(error) });
    }
    database.exec('RELEASE record');
  }
}

function endOf({ location }: PlacedRecord): PackEnd {
  return { pack: location.pack, bytes: location.offset + location.bytes };
}
