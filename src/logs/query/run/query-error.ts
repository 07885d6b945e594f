import { Fault } from '../../../base/fault.ts';

/** A query that is well formed and cannot be answered; the message is what Loki's clients know. */
export class QueryError extends Fault {
  constructor(message: string) {
    super('bad-request', message);
    this.name = 'QueryError';
  }
}

/** A query that would take more than a named limit allows. */
export class QueryLimitError extends Fault {
  constructor(message: string) {
    super('bad-request', message);
    this.name = 'QueryLimitError';
  }
}

/** Cancelled, or over its deadline. */
export class QueryStoppedError extends Fault {
  readonly why: 'canceled' | 'timeout';

  constructor(why: 'canceled' | 'timeout') {
    super('unavailable', why === 'timeout' ? 'the query did not end within its time limit' : 'the query was canceled');
    this.name = 'QueryStoppedError';
    this.why = why;
  }
}

/** A metric of lines that a stage could not deal with, which would silently miss them. */
export class PipelineError extends QueryError {
  /** What it was made of: it can be made again on another thread. */
  readonly parts: readonly [error: string, labels: string];

  constructor(error: string, labels: string) {
    super(
      `pipeline error: '${error}' for series: '${labels}'.\n` +
        `Use a label filter to intentionally skip this error. (e.g | __error__!="${error}").\n` +
        'To skip all potential errors you can match empty errors.(e.g __error__="")\n' +
        'The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )\n',
    );
    this.name = 'PipelineError';
    this.parts = [error, labels];
  }
}
