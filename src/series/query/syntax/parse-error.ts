import { Fault } from '../../../base/fault.ts';
import { lineAndColumn, type Position } from '../text/position.ts';

/** A query that cannot be parsed; the message is worded and positioned as Prometheus does it, since clients compare it. */
export class ParseError extends Fault {
  readonly position: Position;
  /** Without the position. */
  readonly detail: string;

  constructor(query: string, position: Position, detail: string) {
    super('bad-request', `${lineAndColumn(query, position)}: parse error: ${detail}`);
    this.position = position;
    this.detail = detail;
  }
}
