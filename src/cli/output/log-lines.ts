import { formatRfc3339Nano } from '../../base/nanotime.ts';
import { coloured } from './colour.ts';
import { table } from './table.ts';

export interface LogLine {
  timeNs: bigint;
  labels: Record<string, string>;
  line: string;
}

export type LogOutput = 'default' | 'raw' | 'jsonl' | 'json' | 'table';

/** Labels that say where a line is from, better than all of them would; the others follow from these. */
const derivedLabels = new Set(['app', 'job', 'node_name', 'service_name']);
/** The line itself tells it. */
const levelLabel = 'detected_level';

/** Prints lines. Of the labels, those are shown that differ; lines that come one by one show where they are from. */
export class LogLinePrinter {
  readonly #output: LogOutput;
  readonly #colour: boolean;

  constructor(output: LogOutput, colour: boolean) {
    this.#output = output;
    this.#colour = colour;
  }

  printAll(lines: readonly LogLine[]): string {
    const names = this.#output === 'default' || this.#output === 'table' ? differing(lines) : [];
    if (this.#output !== 'table') return lines.map((line) => this.#print(line, names)).join('');
    const rows = lines.map(({ timeNs, labels, line }) => [
      formatRfc3339Nano(timeNs),
      ...names.map((name) => labels[name] ?? ''),
      line,
    ]);
    return lines.length === 0 ? '' : table(['TIME', ...names.map((name) => name.toUpperCase()), 'LINE'], rows);
  }

  /** One whose neighbours are not known yet. */
  print(line: LogLine): string {
    return this.#print(
      line,
      Object.keys(line.labels)
        .filter((name) => !derivedLabels.has(name) && line.labels[name] !== 'attested')
        .sort(),
    );
  }

  #print({ timeNs, labels, line }: LogLine, names: readonly string[]): string {
    if (this.#output === 'raw') return `${line}\n`;
    if (this.#output === 'jsonl' || this.#output === 'json') {
      return `${JSON.stringify({ time: formatRfc3339Nano(timeNs), labels, line })}\n`;
    }
    const shown = names
      .filter((name) => labels[name] && name !== levelLabel)
      .map((name) => `${name}=${JSON.stringify(labels[name])}`);
    const from = shown.length === 0 ? '' : `{${shown.join(', ')}} `;
    return `${formatRfc3339Nano(timeNs)} ${this.#colour ? coloured(from) : from}${line}\n`;
  }
}

/** Names of labels that not all lines have with one value, without those that follow from others. */
function differing(lines: readonly LogLine[]): string[] {
  const first = lines[0]?.labels ?? {};
  const names = new Set(lines.flatMap(({ labels }) => Object.keys(labels)));
  names.delete(levelLabel);
  const differ = [...names].filter((name) => lines.some(({ labels }) => labels[name] !== first[name])).sort();
  const telling = differ.filter((name) => !derivedLabels.has(name));
  return telling.length > 0 ? telling : differ;
}
