/**
 * When an instance is read next.
 * Invariant: what is planned stands until the turn, or until it is called off.
 */
export class TurnPlan {
  readonly #batchAgeMs: number;
  #atMs: number | null = null;
  #turnAtMs = Number.NEGATIVE_INFINITY;

  /** Turns that can wait are `batchAgeMs` apart, so that small pieces are not cut too often. */
  constructor(batchAgeMs: number) {
    this.#batchAgeMs = batchAgeMs;
  }

  get isPlanned(): boolean {
    return this.#atMs !== null;
  }

  /** Infinity where none is planned. */
  get nextMs(): number {
    return this.#atMs ?? Number.POSITIVE_INFINITY;
  }

  plan(atMs: number): void {
    this.#atMs ??= atMs;
  }

  planUnhurried(now: number): void {
    this.plan(Math.max(now, this.#turnAtMs + this.#batchAgeMs));
  }

  callOff(): void {
    this.#atMs = null;
  }

  /** The turn is being taken. */
  taken(now: number): void {
    this.#turnAtMs = now;
    this.callOff();
  }
}
