import type { PushedRun } from '../batch/batch.ts';
import type { PushedStream } from './store.ts';

/** What is counted of a stream. */
export type StreamTally = Pick<PushedStream, 'firstTime' | 'lastTime' | 'lineCount' | 'textBytes' | 'lastSequence'>;

const SLOTS_MIN = 64;

/**
 * What is counted of streams, as columns outside of the heap: of a hundred thousand streams it would be as many objects and several times
 * as many numbers, which the collector looks at again and again. Invariant: a slot that was taken is its taker's until it is given back.
 */
export class StreamSums {
  #firstTime = new BigInt64Array(SLOTS_MIN);
  #lastTime = new BigInt64Array(SLOTS_MIN);
  #lineCount = new Float64Array(SLOTS_MIN);
  #textBytes = new Float64Array(SLOTS_MIN);
  #lastSequence = new Float64Array(SLOTS_MIN);
  #used = 0;
  readonly #free: number[] = [];

  take(tally: StreamTally): number {
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= this.#lineCount.length) this.#widen();
    this.set(slot, tally);
    return slot;
  }

  giveBack(slot: number): void {
    this.#free.push(slot);
  }

  set(slot: number, { firstTime, lastTime, lineCount, textBytes, lastSequence }: StreamTally): void {
    this.#firstTime[slot] = firstTime;
    this.#lastTime[slot] = lastTime;
    this.#lineCount[slot] = lineCount;
    this.#textBytes[slot] = textBytes;
    this.#lastSequence[slot] = lastSequence;
  }

  /** The stream has one more run. */
  add(slot: number, { timeMin, timeMax, lineCount, textBytes }: PushedRun, sequence: number): void {
    if (timeMin < this.#firstTime[slot]!) this.#firstTime[slot] = timeMin;
    if (timeMax > this.#lastTime[slot]!) this.#lastTime[slot] = timeMax;
    this.#lineCount[slot]! += lineCount;
    this.#textBytes[slot]! += textBytes;
    if (sequence > this.#lastSequence[slot]!) this.#lastSequence[slot] = sequence;
  }

  tally(slot: number): StreamTally {
    return {
      firstTime: this.#firstTime[slot]!,
      lastTime: this.#lastTime[slot]!,
      lineCount: this.#lineCount[slot]!,
      textBytes: this.#textBytes[slot]!,
      lastSequence: this.#lastSequence[slot]!,
    };
  }

  firstTime(slot: number): bigint {
    return this.#firstTime[slot]!;
  }

  lastTime(slot: number): bigint {
    return this.#lastTime[slot]!;
  }

  #widen(): void {
    const count = 2 * this.#lineCount.length;
    this.#firstTime = wider(this.#firstTime, new BigInt64Array(count));
    this.#lastTime = wider(this.#lastTime, new BigInt64Array(count));
    this.#lineCount = wider(this.#lineCount, new Float64Array(count));
    this.#textBytes = wider(this.#textBytes, new Float64Array(count));
    this.#lastSequence = wider(this.#lastSequence, new Float64Array(count));
  }
}

function wider<A extends BigInt64Array | Float64Array>(before: A, after: A): A {
  (after as Float64Array).set(before as Float64Array);
  return after;
}
