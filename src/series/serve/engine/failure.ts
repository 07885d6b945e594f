import { Fault, messageOf } from '../../../base/fault.ts';
import { ParseError, QueryError, QueryLimitError, QueryStoppedError } from '../../query/query.ts';

/** An error as it goes from one thread to another. */
export type Failure =
  | { is: 'query' | 'limit'; message: string }
  | { is: 'stopped'; reason: 'canceled' | 'timeout' }
  | { is: 'defect'; message: string };

export function failureOf(error: unknown): Failure {
  if (error instanceof QueryStoppedError) return { is: 'stopped', reason: error.reason };
  if (error instanceof QueryLimitError) return { is: 'limit', message: error.message };
  if (error instanceof Fault && !(error instanceof ParseError)) return { is: 'query', message: error.message };
  return { is: 'defect', message: error instanceof Error ? (error.stack ?? error.message) : messageOf(error) };
}

export function errorOf(failure: Failure): Error {
  switch (failure.is) {
    case 'query':
      return new QueryError(failure.message);
    case 'limit':
      return new QueryLimitError(failure.message);
    case 'stopped':
      return new QueryStoppedError(failure.reason);
    case 'defect':
      return new Error(`a query's thread failed: ${failure.message}`);
  }
}
