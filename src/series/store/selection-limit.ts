import { Fault } from '../../base/fault.ts';

/** What a selection may come to, and what ends it early. */
export interface SelectionLimits {
  seriesMax?: number;
  samplesMax?: number;
  /** The selection rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** A selection is larger than its caller allowed; it ended as soon as that was known. */
export class SelectionLimitError extends Fault {
  readonly limit: 'series' | 'samples';

  constructor(limit: 'series' | 'samples', max: number) {
    super('overloaded', `the selection has more than ${max} ${limit}`, { hint: 'ask for fewer series or less time' });
    this.limit = limit;
  }
}
