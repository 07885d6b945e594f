import { ByteKeys } from './byte-keys.ts';

/** What is remembered of one writer's names and values; beyond it everything is forgotten and learnt anew. */
const rememberedMax = 4_000_000;
const rememberedBytesMax = 512 * 1024 * 1024;

/** Numbers texts across requests. Invariant: a number means the same text until `onForgotten` is called. */
export class KnownSymbols {
  readonly #keys: ByteKeys;
  readonly #metadata = new Map<number, string>();
  readonly #onForgotten: () => void;

  constructor(seed: number, onForgotten: () => void) {
    this.#keys = new ByteKeys(seed);
    this.#onForgotten = onForgotten;
  }

  /** To be called between requests, since it may forget all numbers. */
  makeRoom(): void {
    if (this.#keys.size < rememberedMax && this.#keys.bytes < rememberedBytesMax) return;
    this.#keys.clear();
    this.#metadata.clear();
    this.#onForgotten();
  }

  number(bytes: Buffer, start: number, end: number): number {
    const key = this.#keys.find(bytes, start, end);
    return key < 0 ? this.#keys.add(bytes, start, end) : key;
  }

  /** Whether this was not said of the metric before. */
  isNews(metric: number, said: readonly number[]): boolean {
    const text = said.join(' ');
    if (this.#metadata.get(metric) === text) return false;
    this.#metadata.set(metric, text);
    return true;
  }
}
