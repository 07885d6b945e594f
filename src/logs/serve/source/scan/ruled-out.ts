import type { BlockPlan, BlockResult } from '../../../query/query.ts';
import type { ListedUnit } from './listed-units.ts';
import { skippedBlock } from './skipped-block.ts';

/** Blocks of which it is known that they give nothing: a query for what is rare has hardly anything else. They make one result. */
export class RuledOut {
  readonly #plan: BlockPlan;
  #blocks = 0;
  #bytes = 0;
  #bytesRead = 0;
  #timeMin = 0n;
  #timeMax = 0n;

  constructor(plan: BlockPlan) {
    this.#plan = plan;
  }

  add({ timeMin, timeMax, textBytes }: ListedUnit, bytesRead: number): void {
    if (this.#blocks === 0 || timeMin < this.#timeMin) this.#timeMin = timeMin;
    if (this.#blocks === 0 || timeMax > this.#timeMax) this.#timeMax = timeMax;
    this.#blocks++;
    this.#bytes += textBytes;
    this.#bytesRead += bytesRead;
  }

  results(): BlockResult[] {
    if (this.#blocks === 0) return [];
    const times = { timeMin: this.#timeMin, timeMax: this.#timeMax };
    return [
      { ...skippedBlock(this.#plan, times, { bytes: this.#bytes, bytesRead: this.#bytesRead }), skipped: this.#blocks },
    ];
  }
}
