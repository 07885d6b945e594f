import { isUtf8 } from 'node:buffer';
import { formatRfc3339Nano } from '../../base/nanotime.ts';
import { linesOf, type ShownRun } from '../commands/logs-stream.ts';
import { coloured } from './colour.ts';

const stderrFlag = 1;
const flagNames: [bit: number, name: string][] = [
  [2, 'truncated'],
  [4, 'malformed'],
  [8, 'unterminated'],
];
const unterminatedFlag = 8;
type ShownLine = ReturnType<typeof linesOf> extends Generator<infer Line> ? Line : never;

const newline = Buffer.from('\n');

export interface LineStyle {
  timestamps: boolean;
  prefix: boolean;
  /** The prefix names the namespace too. */
  namespaces: boolean;
  colour: boolean;
  /** Bytes of each container, its timestamps and newlines included; the last line is cut there, as the kubelet cuts it. */
  limitBytes: number | undefined;
}

/**
 * Makes of lines the bytes that are shown, each line's own unchanged. Invariant: `#open` is the instance whose last line came
 * without a newline and was not ended since.
 */
export class LinePrinter {
  #style: LineStyle;
  #prefixes = new Map<string, Buffer>();
  #shown = new Map<string, number>();
  #open: string | undefined;

  constructor(style: LineStyle) {
    this.#style = style;
  }

  print(runs: readonly ShownRun[]): Buffer {
    const parts: Buffer[] = [];
    for (const shown of runs) {
      if (this.#isShownAsItIs(shown)) parts.push(shown.run.text);
      else for (const line of linesOf([shown])) this.#print(line, parts);
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  get isAtLimit(): boolean {
    const { limitBytes } = this.#style;
    return (
      limitBytes !== undefined &&
      this.#shown.size > 0 &&
      [...this.#shown.values()].every((bytes) => bytes >= limitBytes)
    );
  }

  #isShownAsItIs({ run }: ShownRun): boolean {
    const { timestamps, prefix, limitBytes } = this.#style;
    return (
      !timestamps &&
      !prefix &&
      limitBytes === undefined &&
      this.#open === undefined &&
      run.countFlags(unterminatedFlag) === 0
    );
  }

  #print(line: ShownLine, parts: Buffer[]): void {
    const own: Buffer[] = [];
    if (this.#style.timestamps) own.push(Buffer.from(`${fixedTime(line.time)} `));
    own.push(line.bytes);
    const terminated = (line.flags & unterminatedFlag) === 0;
    if (terminated) own.push(newline);
    const shown = this.#style.limitBytes === undefined ? own : this.#limited(line, own, this.#style.limitBytes);
    if (shown.length === 0) return;
    if (this.#open !== undefined && this.#open !== line.instance.id) parts.push(newline);
    if (this.#style.prefix && this.#open !== line.instance.id) parts.push(this.#prefixOf(line));
    parts.push(...shown);
    this.#open = terminated ? undefined : line.instance.id;
  }

  #limited({ instance }: ShownLine, own: Buffer[], limitBytes: number): Buffer[] {
    const key = `${instance.namespace}/${instance.pod}/${instance.container}`;
    const left = limitBytes - (this.#shown.get(key) ?? 0);
    if (left <= 0) return [];
    const whole = Buffer.concat(own);
    this.#shown.set(key, (this.#shown.get(key) ?? 0) + whole.length);
    return [whole.subarray(0, left)];
  }

  #prefixOf({ instance }: ShownLine): Buffer {
    let prefix = this.#prefixes.get(instance.id);
    if (!prefix) {
      const { namespace, pod, container } = instance;
      const text = `[${this.#style.namespaces ? `${namespace}/` : ''}pod/${pod}/${container}]`;
      prefix = Buffer.from(`${this.#style.colour ? coloured(text) : text} `);
      this.#prefixes.set(instance.id, prefix);
    }
    return prefix;
  }
}

/** One JSON object a line; bytes that are not UTF-8 come as `base64` instead of `line`. */
export function jsonLines(runs: readonly ShownRun[]): string {
  let text = '';
  for (const line of linesOf(runs)) text += `${JSON.stringify(jsonOf(line))}\n`;
  return text;
}

function jsonOf({ instance, time, flags, bytes }: ShownLine) {
  const { namespace, pod, podUid, node, container, attempt } = instance;
  const marks = flagNames.flatMap(([bit, name]) => ((flags & bit) === 0 ? [] : [[name, true] as const]));
  return {
    time: formatRfc3339Nano(time),
    stream: (flags & stderrFlag) === 0 ? 'stdout' : 'stderr',
    namespace,
    pod,
    container,
    attempt,
    node,
    podUid,
    ...Object.fromEntries(marks),
    ...(isUtf8(bytes) ? { line: bytes.toString() } : { base64: bytes.toString('base64') }),
  };
}

/** With all nine digits, as the kubelet prints times. */
function fixedTime(time: bigint): string {
  const text = formatRfc3339Nano(time);
  const [seconds, fraction = ''] = text.slice(0, -1).split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}Z`;
}
