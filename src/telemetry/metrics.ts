/**
 * Our own /metrics: counters and gauges with labels, in Prometheus's exposition text. Names carry their unit
 * (`_bytes`, `_seconds`) and counters end in `_total`. A registry belongs to a process; a room takes it as an argument.
 */
export type Labels = Record<string, string>;

export interface Counter {
  add(amount?: number, labels?: Labels): void;
  /** The one of these labels, for who adds to it often. */
  labelled(labels: Labels): LabelledCounter;
}

export interface LabelledCounter {
  add(amount?: number): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
  /** Forgets a labelled value, so that what is gone is not reported for ever. */
  remove(labels: Labels): void;
}

/** More label sets than this of one metric are counted in its `overflow` set, and nowhere else. */
export const labelSetsMax = 2000;

interface Family {
  type: 'counter' | 'gauge';
  help: string;
  values: Map<string, number>;
  read: (() => number) | undefined;
}

export class MetricsRegistry {
  #families = new Map<string, Family>();

  /** Asking again for the same name gives the same counter. */
  counter(name: string, help: string): Counter {
    const { values } = this.#family(name, 'counter', help);
    const add = (amount: number, text: string) => {
      const key = boundedKey(values, text);
      values.set(key, (values.get(key) ?? 0) + amount);
    };
    return {
      add: (amount = 1, labels = {}) => add(amount, textOf(labels)),
      labelled: (labels) => {
        const text = textOf(labels);
        return { add: (amount = 1) => add(amount, text) };
      },
    };
  }

  gauge(name: string, help: string): Gauge {
    const { values } = this.#family(name, 'gauge', help);
    return {
      set: (value, labels = {}) => void values.set(boundedKey(values, textOf(labels)), value),
      remove: (labels) => void values.delete(textOf(labels)),
    };
  }

  /** A gauge whose value is asked for when it is scraped. */
  observe(name: string, help: string, read: () => number): void {
    this.#family(name, 'gauge', help).read = read;
  }

  exposition(): string {
    let text = '';
    for (const [name, family] of [...this.#families].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (family.read) family.values.set('', family.read());
      if (family.values.size === 0 && family.type === 'counter') family.values.set('', 0);
      text += `# HELP ${name} ${family.help}\n# TYPE ${name} ${family.type}\n`;
      for (const [labels, value] of family.values) text += `${name}${labels} ${value}\n`;
    }
    return text;
  }

  #family(name: string, type: Family['type'], help: string): Family {
    let family = this.#families.get(name);
    if (!family) {
      family = { type, help, values: new Map(), read: undefined };
      this.#families.set(name, family);
    }
    return family;
  }
}

function boundedKey(values: Map<string, number>, key: string): string {
  return values.has(key) || values.size < labelSetsMax ? key : '{overflow="true"}';
}

function textOf(labels: Labels): string {
  let text = '';
  for (const [name, value] of Object.entries(labels)) {
    const escaped = value.replace(/[\\"\n]/g, (each) => (each === '\n' ? '\\n' : `\\${each}`));
    text += `${text === '' ? '{' : ','}${name}="${escaped}"`;
  }
  return text === '' ? '' : `${text}}`;
}
