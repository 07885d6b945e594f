import { containersMax, PHRASES, type PodMemory, phraseBytesMax, phrasesEnd } from './pod-memory.ts';

const LENGTH_BYTES = 2;

/** How a container begins in an answer. */
export const containerStart = (name: string): string => `{"name":${JSON.stringify(name)},"usage":{"cpu":"`;

/**
 * Beginnings of containers, by their names, where the module finds them.
 * Invariant: `#places` has the addresses of phrases below `#end`, each its length in two bytes and then the text.
 */
export class ContainerPhrases {
  readonly #memory: PodMemory;
  readonly #places = new Map<string, number>();
  #end = PHRASES;

  constructor(memory: PodMemory) {
    this.#memory = memory;
  }

  /** Whether there is room for what one pod may need. */
  get hasRoom(): boolean {
    return this.#end + containersMax * (LENGTH_BYTES + phraseBytesMax) <= phrasesEnd;
  }

  /** Addresses that were given are good no more. */
  clear(): void {
    this.#places.clear();
    this.#end = PHRASES;
  }

  /** The address; 0 where the name is too long. There must be room. */
  of(name: string): number {
    return this.#places.get(name) ?? this.#put(name);
  }

  #put(name: string): number {
    const text = Buffer.from(containerStart(name));
    if (text.length > phraseBytesMax) return 0;
    const place = this.#end;
    const { bytes } = this.#memory;
    text.copy(bytes, bytes.writeUInt16LE(text.length, place));
    this.#end += LENGTH_BYTES + text.length;
    this.#places.set(name, place);
    return place;
  }
}
