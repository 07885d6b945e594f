/**
 * Prometheus's exposition text, as client_golang writes it: families in the order of their names, floats as Go prints them with %g.
 * A family without a sample is not written.
 */
export class Page {
  #families = new Map<string, { head: string; lines: string[] }>();

  family(name: string, type: 'counter' | 'gauge', help: string): Family {
    let family = this.#families.get(name);
    if (!family) {
      const text = help.replace(/[\\\n]/g, (c) => (c === '\n' ? '\\n' : '\\\\'));
      family = { head: `# HELP ${name} ${text}\n# TYPE ${name} ${type}\n`, lines: [] };
      this.#families.set(name, family);
    }
    const { lines } = family;
    return (labels, value, timeMs) => {
      const time = timeMs === undefined ? '' : ` ${Math.trunc(timeMs)}`;
      if (value !== undefined) lines.push(`${name}${labels} ${goFloat(value)}${time}\n`);
    };
  }

  toString(): string {
    return [...this.#families.entries()]
      .filter(([, { lines }]) => lines.length > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { head, lines }]) => head + lines.join(''))
      .join('');
  }
}

/** Adds a sample; one whose value is not known is left out. `labels` is what labelsText gave. */
export type Family = (labels: string, value: number | undefined, timeMs?: number) => void;

/** `{a="1",b="2"}`, in the order of the names. */
export function labelsText(labels: Record<string, string>): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((name) => labelText(name, labels[name] as string));
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

export function labelText(name: string, value: string): string {
  return `${name}="${escaped(value)}"`;
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`)) : value;
}

/** strconv.FormatFloat(value, 'g', -1, 64): with an exponent, of two digits at least, from 1e+06 on and below 1e-04. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return String(value);
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}
