import type { Labels } from '../labels/labels.ts';
import type { MemorySample } from '../memory-source.ts';
import type { SequenceValue } from './series-line.ts';

/** What a script says, in order. Lines count from 1. */
export type Command = ClearCommand | LoadCommand | EvalCommand | WrongCommand;

export interface ClearCommand {
  kind: 'clear';
}

export interface LoadCommand {
  kind: 'load';
  series: { labels: Labels; samples: MemorySample[] }[];
}

/** A command that could not be read. */
export interface WrongCommand {
  kind: 'wrong';
  line: number;
  detail: string;
}

export type ExpectationKind = 'fail' | 'warn' | 'info' | 'no_warn' | 'no_info' | 'ordered';

export interface Expectation {
  kind: ExpectationKind;
  /** Of the message; everything matches where none is given. */
  matches(message: string): boolean;
  shown: string;
}

export interface EvalCommand {
  kind: 'eval';
  line: number;
  query: string;
  startMs: number;
  endMs: number;
  /** 0: an instant query. */
  stepMs: number;
  expectations: Expectation[];
  /** Expected rows in their order; none are expected where the result is empty. */
  rows: { labels: Labels; values: SequenceValue[] }[];
  scalar?: number;
  text?: string;
  /** The times of an expected range vector. */
  range?: { startMs: number; endMs: number; stepMs: number };
}
