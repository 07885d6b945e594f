import { quantityNanos } from '../../../kubernetes/schema/quantity.ts';

export type LineLabels = Readonly<Record<string, string | number | boolean | undefined>>;

/** The metrics of one object, as lines of exposition text. What the object does not say gives no line. */
export class MetricLines {
  readonly #common: string;
  #text = '';

  /** Labels that every line has. */
  constructor(common: LineLabels) {
    this.#common = pairsOf(common);
  }

  add(name: string, value: number | boolean | undefined | null, labels: LineLabels = {}): void {
    if (value === undefined || value === null) return;
    const own = pairsOf(labels);
    const pairs = this.#common !== '' && own !== '' ? `${this.#common},${own}` : this.#common + own;
    this.#text += `${name}{${pairs}} ${Number(value)}\n`;
  }

  /** A time as Kubernetes writes it, in seconds. */
  addTime(name: string, time: unknown, labels: LineLabels = {}): void {
    const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    if (!Number.isNaN(timeMs)) this.add(name, timeMs / 1000, labels);
  }

  /** One line for each of the names: 1 for the one that it is, 0 for the others. */
  addState(
    name: string,
    label: string,
    state: string | undefined,
    names: readonly string[],
    labels: LineLabels = {},
  ): void {
    for (const one of names) this.add(name, one === state, { ...labels, [label]: one });
  }

  /** A condition's status: true, false or unknown. */
  addCondition(name: string, label: string, status: string | undefined, labels: LineLabels = {}): void {
    this.addState(name, label, status?.toLowerCase(), ['true', 'false', 'unknown'], labels);
  }

  /** Amounts of resources by name. */
  addResources(name: string, amounts: unknown, labels: LineLabels = {}): void {
    for (const [resource, amount] of Object.entries((amounts ?? {}) as Record<string, unknown>)) {
      const nanos = quantityNanos(String(amount));
      if (nanos === undefined) continue;
      this.add(name, Number(nanos) / 1e9, { ...labels, resource: sanitized(resource), unit: unitOf(resource) });
    }
  }

  toString(): string {
    return this.#text;
  }
}

function pairsOf(labels: LineLabels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(String(value ?? ''))}"`)
    .join(',');
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

/** As kube-state-metrics makes names of resources into label values. */
function sanitized(resource: string): string {
  return resource.replace(/[^a-zA-Z0-9_]/g, '_');
}

function unitOf(resource: string): string {
  if (resource === 'cpu') return 'core';
  if (/^(memory|storage|ephemeral-storage|hugepages-.*)$/.test(resource)) return 'byte';
  return 'integer';
}
