/**
 * Quantities, durations and times as Go prints them, from numbers and without anything in between: an answer has a hundred
 * thousand of them. Source: k8s.io/apimachinery's resource.Quantity (canonical form) and Go's time.Duration.String.
 */
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** A quantity on its way into an answer: used again and again, so that none is made for each. */
export class Amount {
  digits = 0;
  suffix = '';

  /** Billionths of a core: 123456789n, 500u, 250m, 2. A fraction of a billionth is cut off. */
  cpu(nanocores: number): this {
    return this.#decimal(Math.max(0, Math.trunc(nanocores)), 0);
  }

  /** Bytes: 4620Ki, 1025; below 1024 they are decimal, as in 1k. */
  memory(bytes: number): this {
    let rest = Math.max(0, Math.trunc(bytes));
    if (rest < 1024) return this.#decimal(rest, 3);
    let power = 0;
    for (; power < binarySuffixes.length - 1; power++) {
      // Exact: a power of two.
      const next = rest / 1024;
      if (next !== Math.floor(next)) break;
      rest = next;
    }
    return this.#set(rest, binarySuffixes[power]!);
  }

  #decimal(value: number, suffix: number): this {
    if (value === 0) return this.#set(0, '');
    let rest = value;
    let at = suffix;
    for (; at < decimalSuffixes.length - 1; at++) {
      const next = Math.floor(rest / 1000);
      // The operator % is exact as well, and slow; beyond, the product is rounded.
      if (rest <= Number.MAX_SAFE_INTEGER ? next * 1000 !== rest : rest % 1000 !== 0) break;
      rest = next;
    }
    return this.#set(rest, decimalSuffixes[at]!);
  }

  #set(digits: number, suffix: string): this {
    this.digits = digits;
    this.suffix = suffix;
    return this;
  }
}

const nanosPerMs = 1e6;

export const nanosOf = (windowMs: number): number => Math.round(windowMs * nanosPerMs);

/** 15.02s, 1m0.5s, 1h0m0s; below a second 20ms, 1.5µs. */
export function durationText(durationMs: number): string {
  const nanos = nanosOf(durationMs);
  if (nanos === 0) return '0s';
  if (nanos < 0) return `-${durationText(-durationMs)}`;
  if (nanos < 1e3) return `${nanos}ns`;
  if (nanos < 1e6) return `${fraction(nanos, 1e3)}µs`;
  if (nanos < 1e9) return `${fraction(nanos, 1e6)}ms`;
  const minutes = Math.floor(nanos / 60e9);
  const seconds = `${fraction(nanos - minutes * 60e9, 1e9)}s`;
  if (minutes === 0) return seconds;
  if (minutes < 60) return `${minutes}m${seconds}`;
  return `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

/** In whole numbers, so that no digit is made up. */
function fraction(value: number, unit: number): string {
  const whole = Math.floor(value / unit);
  const rest = value - whole * unit;
  if (rest === 0) return String(whole);
  const digits = String(rest).padStart(String(unit).length - 1, '0');
  return `${whole}.${digits.replace(/0+$/, '')}`;
}

/** RFC 3339 in whole seconds, as metav1.Time is printed. */
export function timeText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
