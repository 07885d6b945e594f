import type { PodMetrics } from '../resources.ts';
import { ContainerPhrases } from './container-phrases.ts';
import { HEADS, headBytesMax, headsEndMax, PodMemory } from './pod-memory.ts';

const placesAtFirst = 256;
/** What a place has: the pod's revision, and where its head is. */
const PLACE = 2;
const REVISION = 0;
const START = 1;
/** A head's length, and how far before its end the time of creation begins. */
const FIELDS_BYTES = 4;

/**
 * The beginnings of pods' texts, up to their figures. They are two thirds of a list, the same each time but for two times, and to copy one costs
 * a tenth of writing it.
 * Invariant: a place whose revision is not 0 has its head at its start, below `#end`; `#staleBytes` of what is there is what nobody has any more.
 */
export class PodHeads {
  readonly memory = new PodMemory();
  readonly phrases = new ContainerPhrases(this.memory);
  #end = HEADS;
  #staleBytes = 0;
  #places = new Float64Array(PLACE * placesAtFirst);

  /** The address of the pod's head; 0 where it has none. */
  of({ place, revision }: PodMetrics): number {
    if (place === undefined || revision === undefined) return 0;
    const at = PLACE * place;
    return this.#places[at + REVISION] === revision ? this.#places[at + START]! : 0;
  }

  /** Nothing where there is no room. Addresses of other heads may be good no more. */
  keep({ place, revision }: PodMetrics, head: Buffer, createdBack: number): void {
    if (place === undefined || revision === undefined || head.length > headBytesMax) return;
    const at = PLACE * place;
    if (at >= this.#places.length) this.#grow(place);
    const start = this.#roomFor(at, FIELDS_BYTES + head.length);
    if (start === 0) return;
    const { bytes } = this.memory;
    bytes.writeUInt16LE(head.length, start);
    bytes.writeUInt16LE(createdBack, start + 2);
    head.copy(bytes, start + FIELDS_BYTES);
    this.#places[at + REVISION] = revision;
    this.#places[at + START] = start;
  }

  /** A pod that has changed has its head where it was before, if that is as long. */
  #roomFor(at: number, length: number): number {
    if (this.#places[at + REVISION] !== 0) {
      const start = this.#places[at + START]!;
      const before = FIELDS_BYTES + this.memory.bytes.readUInt16LE(start);
      if (before === length) return start;
      this.#staleBytes += before;
      this.#places[at + REVISION] = 0;
    }
    if (this.#end + length > headsEndMax && !this.#forgetStale()) return 0;
    const start = this.#end;
    this.#end += length;
    this.memory.reach(this.#end);
    return start;
  }

  /** Everything goes when half of it is stale; what is still asked for comes again. */
  #forgetStale(): boolean {
    if (2 * this.#staleBytes < headsEndMax - HEADS) return false;
    this.#end = HEADS;
    this.#staleBytes = 0;
    this.#places.fill(0);
    return true;
  }

  #grow(place: number): void {
    const places = new Float64Array(PLACE * Math.max(place + 1, Math.ceil((this.#places.length / PLACE) * 1.5)));
    places.set(this.#places);
    this.#places = places;
  }
}
