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

/** Numbers of a pod: its head, the time of its point, its window, how many containers. */
export const POD_NUMBERS = 4;
/** And of each container: its phrase, nanocores, bytes of memory. */
export const CONTAINER_NUMBERS = 3;
/** Of a pod and of a container, beside what is kept of them: times are within the head. */
const figuresBytesMax = 64;

/** Where things are; pod-items.as has what is before NUMBERS to itself. */
const NUMBERS = 64;
const numbersMax = POD_NUMBERS * podsMax + CONTAINER_NUMBERS * containersMax;
const TEXT = NUMBERS + 8 * numbersMax;
export const PHRASES =
  TEXT + podsMax * (headBytesMax + figuresBytesMax) + containersMax * (phraseBytesMax + figuresBytesMax);
export const phrasesEnd = PHRASES + phrasesBytes;
export const HEADS = Math.ceil(phrasesEnd / PAGE_BYTES) * PAGE_BYTES;
export const headsEndMax = HEADS + headsBytesMax;

/** What the module gives. */
interface Exports {
  items(numbers: number, end: number, createdSeconds: number, out: number): number;
}

/** The memory of pod-items.as. It holds what is kept of pods' texts, so that the module copies from it. */
export class PodMemory {
  readonly #memory: Memory = createMemory(HEADS / PAGE_BYTES, headsEndMax / PAGE_BYTES);
  readonly #items = new Module<Exports>(podItemsModule).instantiate(this.#memory).run.items;
  /** Views of it, other ones after it has grown. */
  numbers!: Float64Array;
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

  /** The items of so many numbers, each with a comma before it. Good until more are written or the memory grows. */
  items(numbers: number, createdSeconds: number): Buffer {
    return this.bytes.subarray(TEXT, this.#items(NUMBERS, NUMBERS + 8 * numbers, createdSeconds, TEXT));
  }

  #look(): void {
    const { buffer } = this.#memory;
    this.numbers = new Float64Array(buffer, NUMBERS, numbersMax);
    this.bytes = Buffer.from(buffer);
  }
}
