import { messageOf } from '../../../../base/fault.ts';
import { PipelineError, QueryError, QueryLimitError, QueryStoppedError } from '../../../query/blocks.ts';

/** An error as it goes from one thread to another. */
export type Failure =
  | { is: 'pipeline'; parts: readonly [error: string, labels: string] }
  | { is: 'query' | 'limit' | 'defect'; message: string }
  | { is: 'stopped' };

export function failureOf(error: unknown): Failure {
  if (error instanceof QueryStoppedError) return { is: 'stopped' };
  if (error instanceof QueryLimitError) return { is: 'limit', message: error.message };
  if (error instanceof PipelineError) return { is: 'pipeline', parts: error.parts };
  if (error instanceof QueryError) return { is: 'query', message: error.message };
  return { is: 'defect', message: error instanceof Error ? (error.stack ?? error.message) : messageOf(error) };
}

export function errorOf(failure: Failure): Error {
  switch (failure.is) {
    case 'pipeline':
      return new PipelineError(...failure.parts);
    case 'query':
      return new QueryError(failure.message);
    case 'limit':
      return new QueryLimitError(failure.message);
    case 'stopped':
      return new QueryStoppedError('canceled');
    case 'defect':
      return new Error(`a thread that reads blocks failed: ${failure.message}`);
  }
}
