import { type Fault, messageOf } from '../../base/fault.ts';
import type { Logger } from '../../telemetry/telemetry.ts';
import { NodeWindow, type ScrapeTime, type WindowLimits } from '../window/window.ts';
import type { Endpoint, NodeFacts } from './node-facts.ts';
import { PageReader, type PageReading } from './page-reader.ts';

export interface NodeTargetParts {
  limits: WindowLimits;
  random: () => number;
  monotonicMs: () => number;
  log: Logger;
}

/** One node as the scraper knows it. Invariant: at most one request to its kubelet is under way. */
export class NodeTarget {
  readonly window: NodeWindow;
  /** Where in the round its request goes out, from 0 to 1; it stays, so that its points are a resolution apart. */
  readonly phase: number;
  readonly #reader: PageReader;
  readonly #log: Logger;
  facts: NodeFacts;
  /** Another node at the same address, which is asked in its stead. */
  sharedWith: string | undefined;
  isBusy = false;
  wasTried = false;
  /** By the clock that only goes forward; NaN: never. */
  answeredAtMs = Number.NaN;
  problem: string | undefined;
  #complaint = '';

  constructor(facts: NodeFacts, phase: number, { limits, monotonicMs, random, log }: NodeTargetParts) {
    this.facts = facts;
    this.phase = phase;
    this.window = new NodeWindow(limits, monotonicMs(), random);
    this.#reader = new PageReader(this.window, random);
    this.#log = log.with({ node: facts.name });
  }

  /** Undefined: not asked. */
  get endpoint(): Endpoint | undefined {
    return this.sharedWith === undefined ? this.facts.endpoint : undefined;
  }

  async read(page: Buffer, at: ScrapeTime, breathe: () => Promise<void>): Promise<PageReading> {
    const reading = await this.#reader.read(page, at, breathe);
    this.answeredAtMs = at.monotonicMs;
    if (this.problem !== undefined) this.#log.info('the kubelet answers again');
    this.problem = undefined;
    this.#complain(this.#complaintOf(reading));
    return reading;
  }

  failed(fault: Fault): void {
    const message = messageOf(fault);
    if (this.problem !== message) this.#log.warn('the kubelet gives no page', { error: message, hint: fault.hint });
    this.problem = message;
  }

  /** Says what is wrong with a page once, and not again until it changes. */
  #complain(complaint: string): void {
    if (complaint !== '' && complaint !== this.#complaint)
      this.#log.warn('the page is not as it should be', { complaint });
    this.#complaint = complaint;
  }

  #complaintOf(reading: PageReading): string {
    const { malformedLines, firstMalformed, refused, skewed, unplaced } = reading;
    const parts: string[] = [];
    if (firstMalformed) {
      const { line, character, problem } = firstMalformed;
      parts.push(`line ${line}, character ${character}: ${problem}`);
    } else if (malformedLines > 0) parts.push('the page ends within a line');
    if (skewed > 0) parts.push('timestamps are too far from our clock');
    if (unplaced > 0) parts.push('samples name no container, or one too many');
    if (refused.size > 0) parts.push(`refused samples: ${[...refused.keys()].sort().join(', ')}`);
    return parts.join('; ');
  }
}
