import { createMemory, type Memory, Module, PAGE_BYTES } from '../../base/webassembly.ts';
import { podItemsModule } from './pod-items-module.ts';

/** What the module writes at once. */
export const podsMax = 64;
export const containersMax = 128;
/** Pods with more labels than that are few. */
export const headBytesMax = 4096;
/** A container's name has 63 characters at most. */
export const phraseBytesMax = 256;
/** Fifty thousand pods and more. */
const headsBytesMax = 16 * 1024 * 1024;
const headsGrowthBytes = 256 * 1024;
const phrasesBytes = 256 * 1024;

/**
 * Figures of a pod, in places of 64 bits: its head, the second of its point, its window, how many containers, half a place each; then of each container
 * its phrase, in half a place, nanocores, bytes.
 */
export const POD_PLACES = 2;
export const CONTAINER_PLACES = 3;
/** Of a pod and of a container, beside what is kept of them: times are within the head. */
const figuresTextMax = 64;

/** Where things are; pod-items.as has what is before FIGURES to itself. */
const FIGURES = 64;
const placesMax = POD_PLACES * podsMax + CONTAINER_PLACES * containersMax;
const TEXT = FIGURES + 8 * placesMax;
export const PHRASES =
  TEXT + podsMax * (headBytesMax + figuresTextMax) + containersMax * (phraseBytesMax + figuresTextMax);
export const phrasesEnd = PHRASES + phrasesBytes;
export const HEADS = Math.ceil(phrasesEnd / PAGE_BYTES) * PAGE_BYTES;
export const headsEndMax = HEADS + headsBytesMax;

/** What the module gives. */
interface Exports {
  items(from: number, end: number, createdSeconds: number, to: number): number;
}

/** The memory of pod-items.as. It holds what is kept of pods' texts, so that the module copies from it. */
export class PodMemory {
  readonly #memory: Memory = createMemory(HEADS / PAGE_BYTES, headsEndMax / PAGE_BYTES);
  readonly #items = new Module<Exports>(podItemsModule).instantiate(this.#memory).run.items;
  /** Views of it, other ones after it has grown. */
  doubles!: Float64Array;
  words!: Uint32Array;
  bytes!: Buffer;

  constructor() {
    this.#look();
  }

  /** So that there is something at `end`, which is `headsEndMax` at most. */
  reach(end: number): void {
    if (end <= this.bytes.length) return;
    const wanted = Math.min(this.bytes.length + headsGrowthBytes, headsEndMax);
    this.#memory.grow((wanted - this.bytes.length) / PAGE_BYTES);
    this.#look();
  }

  /** The items of so many places, each with a comma before it. Good until more are written or the memory grows. */
  items(places: number, createdSeconds: number): Buffer {
    return this.bytes.subarray(TEXT, this.#items(FIGURES, FIGURES + 8 * places, createdSeconds, TEXT));
  }

  #look(): void {
    const { buffer } = this.#memory;
    this.doubles = new Float64Array(buffer, FIGURES, placesMax);
    this.words = new Uint32Array(buffer, FIGURES, 2 * placesMax);
    this.bytes = Buffer.from(buffer);
  }
}
