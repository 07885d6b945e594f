import { encodeFactsFrame, type Fact, type FrameResult, type ProgressFact } from '../batch/batch.ts';
import { instanceFacts, type PodDigest } from './pod-facts.ts';
import type { InstanceTail } from './tail.ts';

/** The lag of an instance is told at most this often; bytes count that have waited for as long. */
const progressMs = 5000;
const podsPerFrameMax = 100;

interface Told {
  pod: PodDigest | undefined;
  facts: string;
  progress: string;
  progressAtMs: number;
}

export interface ReportsOptions {
  cluster: string;
  findPod(podUid: string): PodDigest | undefined;
  push(owner: object, frame: Buffer, onResult: (result: FrameResult) => void): void;
}

/** Tells the server what is known of pods and instances, when it has changed. */
export class Reports {
  readonly #options: ReportsOptions;
  #told = new WeakMap<InstanceTail, Told>();
  readonly #pods = new Map<string, PodDigest>();

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  onPod(pod: PodDigest): void {
    this.#pods.set(pod.podUid, pod);
  }

  /** The server may have forgotten all of it. */
  reset(pods: Iterable<PodDigest>): void {
    this.#told = new WeakMap();
    for (const pod of pods) this.onPod(pod);
  }

  /** Pushes what has changed; `final`: also what would have been told later. True where there was something. */
  tell(tails: readonly InstanceTail[], now: number, final = false): boolean {
    let told = this.#tellPods();
    for (const tail of tails) {
      if (tail.id !== null && tail.state !== 'deleted') told = this.#tellInstance(tail, now, final) || told;
    }
    return told;
  }

  #tellPods(): boolean {
    const any = this.#pods.size > 0;
    while (this.#pods.size > 0) {
      const pods = [...this.#pods.values()].slice(0, podsPerFrameMax);
      for (const { podUid } of pods) this.#pods.delete(podUid);
      const facts = pods.map(({ fact }): Fact => ({ ...fact, cluster: this.#options.cluster }));
      this.#options.push(this, encodeFactsFrame(facts), () => {});
    }
    return any;
  }

  #tellInstance(tail: InstanceTail, now: number, final: boolean): boolean {
    const told = this.#told.get(tail) ?? {
      pod: undefined,
      facts: '',
      progress: '',
      progressAtMs: Number.NEGATIVE_INFINITY,
    };
    this.#told.set(tail, told);
    const facts: Fact[] = [];
    const pod = this.#options.findPod(tail.origin.key.podUid);
    if (pod && pod !== told.pod) {
      told.pod = pod;
      const known = instanceFacts(pod, tail.origin.key.container, tail.origin.key.attempt);
      const text = JSON.stringify(known);
      if (known && text !== told.facts) facts.push({ ...known, instance: tail.id! });
      told.facts = text ?? '';
    }
    const hasEnded = tail.endedSinceMs !== null && !tail.isToldEnded && tail.isFinished;
    if (final || hasEnded || now - told.progressAtMs >= progressMs) {
      const progress = progressOf(tail, final);
      const text = `${progress.state} ${progress.lagBytes}`;
      // The last word is said again until it is acknowledged.
      if (text !== told.progress || hasEnded) facts.push(progress);
      told.progress = text;
      told.progressAtMs = now;
    }
    if (facts.length === 0) return false;
    this.#options.push(tail, encodeFactsFrame(facts), (result) => this.#onResult(tail, facts, result));
    return true;
  }

  #onResult(tail: InstanceTail, facts: Fact[], { status }: FrameResult): void {
    if (status === 'unknown-instance') {
      this.#told.delete(tail);
      tail.reset();
    } else if (facts.some((fact) => fact.kind === 'progress' && fact.state === 'ended')) {
      tail.isToldEnded = true;
      tail.isDirty = true;
    }
  }
}

/** The final word tells of all that stays behind. */
function progressOf(tail: InstanceTail, final: boolean): ProgressFact {
  const lagBytes = final ? tail.lagBytes : tail.standingLagBytes();
  return { kind: 'progress', instance: tail.id!, state: tail.isFinished ? 'ended' : 'live', lagBytes };
}
