import { Fault } from '../../../base/fault.ts';

/**
 * A query that is not LogQL, in the words that Loki's clients know: `parse error at line 1, col 5: …`, without a place where the query is
 * well formed but means nothing. `line` and `column` (from 1, in characters) say in both cases where.
 */
export class ParseError extends Fault {
  readonly line: number;
  readonly column: number;

  constructor(detail: string, line: number, column: number, isSyntax = true) {
    super(
      'bad-request',
      isSyntax ? `parse error at line ${line}, col ${column}: ${detail}` : `parse error : ${detail}`,
    );
    this.name = 'ParseError';
    this.line = line;
    this.column = column;
  }
}
