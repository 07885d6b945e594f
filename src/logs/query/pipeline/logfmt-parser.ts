import type { Extraction, Stage } from '../syntax/ast.ts';
import { sanitizedName } from './label-name.ts';
import type { Line } from './line.ts';
import { LogfmtScanner } from './logfmt-scanner.ts';
import { failParsing } from './parse-failure.ts';
import { isWanted, type StageRun, type Wanted } from './stage.ts';

type LogfmtStage = Extract<Stage, { kind: 'logfmt' }>;

/** `| logfmt`: every pair becomes a label. Parts that cannot be read are passed over, or with `--strict` an error. */
export function compileLogfmt(stage: LogfmtStage, wanted: Wanted): StageRun {
  if (wanted.names?.size === 0) return () => true;
  const scanner = new LogfmtScanner();
  const take = stage.extractions.length > 0 ? taker(stage.extractions, wanted) : everyPair(stage.keepEmpty, wanted);
  return (line) => {
    if (!take.begin(line)) return true;
    scanner.reset(line.source, line.from, line.to);
    while (!scanner.atEnd) {
      if (scanner.next()) {
        if (!take.pair(line, scanner.key, scanner.value)) break;
      } else if (stage.strict) break;
    }
    if (stage.strict && scanner.error !== undefined) failParsing(line, 'LogfmtParserErr', scanner.error, wanted);
    return true;
  };
}

interface PairTaker {
  /** False where the line need not be read. */
  begin(line: Line): boolean;
  /** False where nothing more is wanted. */
  pair(line: Line, key: string, value: string): boolean;
}

function everyPair(keepEmpty: boolean, wanted: Wanted): PairTaker {
  let missing = 0;
  return {
    begin({ labels }) {
      if (wanted.names === null) return true;
      missing = wanted.names.size;
      for (const name of wanted.names) if (labels.wasExtracted(name)) missing--;
      return missing > 0;
    },
    pair({ labels }, key, value) {
      const name = sanitizedName(key);
      if (name === '') return true;
      const target = labels.parsedName(name);
      if (!isWanted(wanted, target) || labels.wasExtracted(target)) return true;
      if (value === '' && !keepEmpty) return true;
      labels.set(target, value.includes('\ufffd') ? value.replaceAll('\ufffd', ' ') : value);
      return --missing !== 0;
    },
  };
}

function taker(extractions: readonly Extraction[], wanted: Wanted): PairTaker {
  const byField = new Map<string, string[]>();
  for (const { name, expression } of extractions) {
    const names = byField.get(expression);
    if (names) names.push(name);
    else byField.set(expression, [name]);
  }
  // A field of the label's own name is taken as well, as Loki does it.
  for (const { name } of extractions) if (!byField.has(name)) byField.set(name, [name]);
  return {
    begin({ labels }) {
      for (const { name } of extractions) if (labels.parsedName(name) === name) labels.set(name, '');
      return true;
    },
    pair({ labels }, key, value) {
      for (const name of byField.get(sanitizedName(key)) ?? []) {
        const target = labels.parsedName(name);
        if (target !== name && !isWanted(wanted, target)) continue;
        labels.set(target, value.includes('\ufffd') ? '' : value);
      }
      return true;
    },
  };
}
