/**
 * Wall time in nanoseconds for log records, and its text as Go's RFC3339Nano prints it. The nanoseconds come from the
 * monotonic counter on top of a wall-clock anchor, so that two records of one burst differ; a wall clock that was set
 * (by more than `driftMsMax`) moves the anchor, and times may then go backwards, as they do on a real node.
 */
export interface NanoClock {
  nowMs(): number;
  /** Seconds and nanoseconds that only go forward. */
  counter(): [number, number];
}

export const systemNanoClock: NanoClock = { nowMs: () => Date.now(), counter: () => process.hrtime() };

const driftMsMax = 20;
const nanosPerSecond = 1_000_000_000;

/** Bytes that `write` may take: `2026-11-22T19:48:38.250435156Z`. */
export const timestampBytesMax = 30;

export class RecordClock {
  #clock: NanoClock;
  #anchorSeconds = 0;
  #anchorNanos = 0;
  #seconds = 0;
  #nanos = 0;
  #prefixSeconds = Number.NaN;
  #prefix = Buffer.alloc(19);

  constructor(clock: NanoClock = systemNanoClock) {
    this.#clock = clock;
    this.#anchor();
  }

  /** Once per chunk of output: follows the wall clock when it was set. */
  follow(): void {
    this.#advance();
    const drift = this.#seconds * 1000 + this.#nanos / 1e6 - this.#clock.nowMs();
    if (drift > driftMsMax || drift < -driftMsMax) this.#anchor();
  }

  /** Writes the present time at `at` and gives the end's offset. The buffer must have `timestampBytesMax` left. */
  write(target: Buffer, at: number): number {
    this.#advance();
    const seconds = this.#seconds;
    const nanos = this.#nanos;
    if (seconds !== this.#prefixSeconds) {
      this.#prefixSeconds = seconds;
      this.#prefix.write(new Date(seconds * 1000).toISOString().slice(0, 19), 'latin1');
    }
    target.set(this.#prefix, at);
    let end = at + 19;
    if (nanos > 0) {
      target[end] = 0x2e;
      let rest = nanos;
      let digits = 9;
      while (rest % 10 === 0) {
        rest /= 10;
        digits -= 1;
      }
      end += digits;
      for (let place = end; place > end - digits; place -= 1) {
        const quotient = Math.floor(rest / 10);
        target[place] = 0x30 + rest - quotient * 10;
        rest = quotient;
      }
      end += 1;
    }
    target[end] = 0x5a;
    return end + 1;
  }

  #anchor(): void {
    const [seconds, nanos] = this.#clock.counter();
    const wallMs = this.#clock.nowMs();
    this.#anchorSeconds = Math.floor(wallMs / 1000) - seconds;
    this.#anchorNanos = Math.floor((wallMs % 1000) * 1e6) - nanos;
    this.#seconds = 0;
    this.#nanos = 0;
  }

  #advance(): void {
    const [counterSeconds, counterNanos] = this.#clock.counter();
    let seconds = counterSeconds + this.#anchorSeconds;
    let nanos = counterNanos + this.#anchorNanos;
    const carry = Math.floor(nanos / nanosPerSecond);
    seconds += carry;
    nanos -= carry * nanosPerSecond;
    const notLater = seconds < this.#seconds || (seconds === this.#seconds && nanos <= this.#nanos);
    if (notLater) {
      seconds = this.#seconds;
      nanos = this.#nanos + 1;
      if (nanos === nanosPerSecond) {
        seconds += 1;
        nanos = 0;
      }
    }
    this.#seconds = seconds;
    this.#nanos = nanos;
  }
}
