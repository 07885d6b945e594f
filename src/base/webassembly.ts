/** As far as it is used here: the types of Node.js lack it, those of browsers have too much. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => Memory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: { env: { memory: Memory } }) => { readonly exports: unknown };
};

/** What modules read and write. `buffer` is another one after it has grown. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  /** Throws RangeError where there is no room. */
  grow(pages: number): number;
}

export const PAGE_BYTES = 65_536;

export function createMemory(pages: number, pagesMax = pages): Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: pagesMax });
}

/** A module as scripts/wasm.sh makes it, compiled when it is first run in a thread. `Functions` are those that it gives. */
export class Module<Functions> {
  readonly #base64: string;
  #compiled: object | undefined;

  constructor(base64: string) {
    this.#base64 = base64;
  }

  instantiate(memory: Memory): Instance<Functions> {
    this.#compiled ??= new WebAssembly.Module(Buffer.from(this.#base64, 'base64'));
    return new Instance<Functions>(new WebAssembly.Instance(this.#compiled, { env: { memory } }).exports);
  }
}

/** A module over a memory. Its variables are addresses, counts and times. */
class Instance<Functions> {
  readonly run: Functions;
  readonly #variables: Readonly<Record<string, { value: number }>>;

  constructor(exports: unknown) {
    this.run = exports as Functions;
    this.#variables = exports as Readonly<Record<string, { value: number }>>;
  }

  set(variables: Readonly<Record<string, number>>): void {
    for (const name in variables) this.#variables[name]!.value = variables[name]!;
  }

  get(name: string): number {
    return this.#variables[name]!.value;
  }
}

export type { Instance };
