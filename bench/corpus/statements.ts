import type { Random } from './random.ts';
import type { Values } from './values.ts';
import { statementText } from './vocabulary.ts';

/** One log statement of one program: its fixed pieces and, between them, what it prints. */
export interface Statement {
  level: 'debug' | 'info' | 'warn' | 'error';
  module: string;
  sourceLine: number;
  pieces: readonly string[];
  kinds: readonly string[];
}

const modules = [
  'api',
  'store',
  'worker',
  'sync',
  'cache',
  'auth',
  'queue',
  'proxy',
  'audit',
  'client',
  'config',
  'health',
];

/** `count` statements that no other service has: service `n` owns the texts from `n * count` on. */
export function statementsOf(service: number, count: number, random: Random): Statement[] {
  return Array.from({ length: count }, (_, i) => {
    const parts = statementText(service * count + i).split(/\{(\w+)\}/);
    return {
      level: levelOf(parts[0]!, random),
      module: modules[i % modules.length]!,
      sourceLine: 20 + random.below(900),
      pieces: parts.filter((_, at) => at % 2 === 0),
      kinds: parts.filter((_, at) => at % 2 === 1),
    };
  });
}

export function printed(statement: Statement, values: Values): string {
  const { pieces, kinds } = statement;
  let text = pieces[0]!;
  for (let i = 0; i < kinds.length; i++) text += values.of(kinds[i]!) + pieces[i + 1]!;
  return text;
}

function levelOf(text: string, random: Random): Statement['level'] {
  if (/^(Failed|Unable|Could not|Cannot|Checksum|Connection reset)/.test(text)) return 'error';
  if (/^(Dropped|Retrying|Rejected|Timed out|Throttled|Denied|Detected|Slow|Serving stale)/.test(text)) return 'warn';
  return random.chance(0.15) ? 'debug' : 'info';
}
