import type { SeriesRef } from '../../store/store.ts';
import { ByteKeys } from './byte-keys.ts';

/** What is remembered of one writer's series; beyond it everything is forgotten and learnt anew. */
const rememberedMax = 2_000_000;
const rememberedBytesMax = 512 * 1024 * 1024;

/** The refs of series by the bytes that name them in requests: who sends the same series again is recognised without a string. */
export class KnownSeries {
  readonly #keys: ByteKeys;
  #refs = new Float64Array(1024);

  constructor(seed: number) {
    this.#keys = new ByteKeys(seed);
  }

  /** 0 where they are not known. */
  ref(bytes: Buffer, start: number, end: number): SeriesRef {
    const key = this.#keys.find(bytes, start, end);
    return key < 0 ? 0 : this.#refs[key]!;
  }

  /** A ref of 0 forgets. */
  set(bytes: Buffer, start: number, end: number, ref: SeriesRef): void {
    let key = this.#keys.find(bytes, start, end);
    if (key < 0) {
      if (ref === 0) return;
      if (this.#keys.size >= rememberedMax || this.#keys.bytes >= rememberedBytesMax) this.clear();
      key = this.#keys.add(bytes, start, end);
    }
    if (key >= this.#refs.length) {
      const larger = new Float64Array(this.#refs.length * 2);
      larger.set(this.#refs);
      this.#refs = larger;
    }
    this.#refs[key] = ref;
  }

  clear(): void {
    this.#keys.clear();
    this.#refs = new Float64Array(1024);
  }
}
