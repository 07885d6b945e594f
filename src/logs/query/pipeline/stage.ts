import type { Line } from './line.ts';

/** A compiled stage: changes the line or its labels; false where the line is left out. */
export type StageRun = (line: Line) => boolean;

/** Which labels a parser has to extract. */
export interface Wanted {
  /** Null: all. */
  names: ReadonlySet<string> | null;
  preserveErrors: boolean;
}

export function isWanted({ names }: Wanted, name: string): boolean {
  return names === null || names.has(name);
}
