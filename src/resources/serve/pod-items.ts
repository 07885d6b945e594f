import type { PodMetrics } from '../resources.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { PodHeads } from './pod-heads.ts';
import { CONTAINER_PLACES, containersMax, POD_PLACES, podsMax } from './pod-memory.ts';

/** What the module writes: windows of whole milliseconds, and times and amounts of which it makes whole numbers. */
const windowMsMin = 1000;
const windowMsMax = 3_600_000 - 1;
const timeMsMax = 1000 * (2 ** 32 - 1);
const amountMax = Number.MAX_SAFE_INTEGER;

/**
 * Items of a list that the module writes, some at a time: JavaScript puts down their figures, all else is kept.
 * Invariant: the figures of `#pods` pods, which are in no answer yet, take the first `#end` places in the memory of the heads. The memory is that of all lists,
 * so whoever leaves the thread to others writes first.
 */
export class PodItems {
  readonly #heads: PodHeads;
  readonly #writer: ByteWriter;
  readonly #nowSeconds: number;
  #pods = 0;
  #containers = 0;
  #end = 0;

  constructor(heads: PodHeads, writer: ByteWriter, nowMs: number) {
    this.#heads = heads;
    this.#writer = writer;
    this.#nowSeconds = Math.floor(nowMs / 1000);
  }

  /** False: there is no head of the pod, or it is not plain, and somebody else writes it. */
  add(pod: PodMetrics): boolean {
    const { timeMs, windowMs, containers } = pod;
    const { length } = containers;
    const { memory, phrases } = this.#heads;
    const head = this.#heads.of(pod);
    if (head === 0 || length > containersMax || !(timeMs >= 0 && timeMs <= timeMsMax)) return false;
    if ((windowMs | 0) !== windowMs || windowMs < windowMsMin || windowMs > windowMsMax) return false;
    if (this.#pods === podsMax || this.#containers + length > containersMax) this.write();
    if (!phrases.hasRoom) {
      this.write();
      phrases.clear();
    }
    const { words, doubles } = memory;
    let at = this.#end;
    words[2 * at] = head;
    words[2 * at + 1] = timeMs / 1000;
    words[2 * at + 2] = windowMs;
    words[2 * at + 3] = length;
    at += POD_PLACES;
    for (let i = 0; i < length; i++, at += CONTAINER_PLACES) {
      const { name, usage } = containers[i]!;
      const { cpuNanocores, memoryBytes } = usage;
      const phrase = phrases.of(name);
      if (phrase === 0 || !(cpuNanocores >= 0 && cpuNanocores <= amountMax)) return false;
      if (!(memoryBytes >= 0 && memoryBytes <= amountMax)) return false;
      words[2 * at] = phrase;
      doubles[at + 1] = cpuNanocores;
      doubles[at + 2] = memoryBytes;
    }
    this.#end = at;
    this.#pods++;
    this.#containers += length;
    return true;
  }

  /** What was added and is not written. */
  write(): void {
    if (this.#pods === 0) return;
    this.#writer.bytes(this.#heads.memory.items(this.#end, this.#nowSeconds));
    this.#pods = 0;
    this.#containers = 0;
    this.#end = 0;
  }
}
