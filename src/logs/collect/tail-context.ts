import type { Logger } from '../../telemetry/telemetry.ts';
import type { ReadingContext } from './reading.ts';

/** What the tails of all instances share. */
export interface TailContext extends ReadingContext {
  /** Where inflated copies go. */
  scratch: string;
  log: Logger;
  node: string;
  monotonicMs(): number;
  wallMs(): number;
}
