const SLAB_BYTES = 1 << 20;
const MARK_BYTES = 8;

/**
 * Records of bytes one after another in a few large slabs, each linked to one before it. An address is a number above 0. The slabs are
 * shared memory, so that another thread can read them once nobody writes any more.
 */
export class Arena {
  readonly slabs: SharedArrayBuffer[];
  #bytes: Uint8Array[];
  #views: DataView[];
  #at: number;

  constructor(slabs: SharedArrayBuffer[] = []) {
    this.slabs = slabs;
    this.#bytes = slabs.map((slab) => new Uint8Array(slab));
    this.#views = slabs.map((slab) => new DataView(slab));
    this.#at = SLAB_BYTES;
  }

  get usedBytes(): number {
    return this.slabs.length === 0 ? 0 : (this.slabs.length - 1) * SLAB_BYTES + this.#at;
  }

  /** Copies bytes (below a slab in length) and gives their address. */
  add(previous: number, mark: number, bytes: Uint8Array): number {
    if (this.#at + MARK_BYTES + bytes.length > SLAB_BYTES) this.#addSlab();
    const slab = this.slabs.length - 1;
    const at = this.#at;
    const view = this.#views[slab]!;
    view.setUint32(at, previous, true);
    view.setUint32(at + 4, mark, true);
    this.#bytes[slab]!.set(bytes, at + MARK_BYTES);
    // Addresses are even: a slab has 2^20 bytes, and 2^32 half addresses reach 8 GiB.
    this.#at = (at + MARK_BYTES + bytes.length + 1) & ~1;
    return (slab * SLAB_BYTES + at) / 2 + 1;
  }

  #addSlab(): void {
    const slab = new SharedArrayBuffer(SLAB_BYTES);
    this.slabs.push(slab);
    this.#bytes.push(new Uint8Array(slab));
    this.#views.push(new DataView(slab));
    this.#at = 0;
  }

  previous(address: number): number {
    return this.#view(address).getUint32(this.#offset(address), true);
  }

  relink(address: number, previous: number): void {
    this.#view(address).setUint32(this.#offset(address), previous, true);
  }

  mark(address: number): number {
    return this.#view(address).getUint32(this.#offset(address) + 4, true);
  }

  /** The slab and where in it the bytes of a record begin. */
  place(address: number): { bytes: Uint8Array; at: number } {
    return { bytes: this.#bytes[this.#slab(address)]!, at: this.#offset(address) + MARK_BYTES };
  }

  #view(address: number): DataView {
    return this.#views[this.#slab(address)]!;
  }

  #slab(address: number): number {
    return Math.floor(((address - 1) * 2) / SLAB_BYTES);
  }

  #offset(address: number): number {
    return ((address - 1) * 2) % SLAB_BYTES;
  }
}
