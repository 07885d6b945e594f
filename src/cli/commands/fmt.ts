import type { Command } from 'commander';
import { logql } from './logql.ts';
import { formatCommand } from './query-language.ts';

/** `logql fmt`, where Loki's own command line has it. */
export function command(): Command {
  return formatCommand(logql, 'taffrail fmt');
}
