import { Fault } from '../../../base/fault.ts';

/** A query that failed while it ran, worded as Prometheus words it. */
export class QueryError extends Fault {
  constructor(message: string) {
    super('bad-request', message);
  }
}

/** A query that needs more than a named limit allows. */
export class QueryLimitError extends Fault {
  constructor(message: string) {
    super('overloaded', message);
  }
}

/** A query that was stopped from outside, or took too long. */
export class QueryStoppedError extends Fault {
  readonly reason: 'canceled' | 'timeout';

  constructor(reason: 'canceled' | 'timeout') {
    super('unavailable', `query ${reason === 'timeout' ? 'timed out' : 'was canceled'} in query execution`);
    this.reason = reason;
  }
}

/** Native histograms are not evaluated yet; a query that reads one is refused rather than answered wrongly. */
export class NativeHistogramError extends Fault {
  constructor(metric: string) {
    super('bad-request', `native histograms are not supported: ${metric}`);
  }
}

export function failDuplicate(): never {
  throw new QueryError('vector cannot contain metrics with the same labelset');
}
