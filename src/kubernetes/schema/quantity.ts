/**
 * Amounts of resources such as 100m, 1.5Gi or 2e3, and their canonical text: no fraction, the largest suffix that allows it,
 * a value between thousandth and more rounded up to the nano. Source: the Kubernetes API's description of Quantity.
 */
const TEXT = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([eE][+-]?\d{1,3})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
/** Longer texts are refused: no amount of anything needs them. */
const QUANTITY_CHARS_MAX = 64;
const NANO = 1_000_000_000n;

interface Parsed {
  /** Billionths, rounded away from zero. */
  nanos: bigint;
  format: 'decimal' | 'binary' | 'exponent';
}

export function isQuantity(text: string): boolean {
  return text.length <= QUANTITY_CHARS_MAX && TEXT.test(text);
}

/** The canonical text; undefined when `text` is not a quantity. */
export function canonicalQuantity(text: string): string | undefined {
  const parsed = parse(text);
  if (!parsed) return undefined;
  if (parsed.format === 'binary' && (abs(parsed.nanos) < 1024n * NANO || parsed.nanos % NANO !== 0n)) {
    return printDecimal(parsed.nanos, false);
  }
  if (parsed.format === 'binary') return printBinary(parsed.nanos / NANO);
  return printDecimal(parsed.nanos, parsed.format === 'exponent');
}

/** Billionths of one; undefined when `text` is not a quantity. */
export function quantityNanos(text: string): bigint | undefined {
  return parse(text)?.nanos;
}

function parse(text: string): Parsed | undefined {
  if (text.length > QUANTITY_CHARS_MAX) return undefined;
  const match = TEXT.exec(text);
  if (!match) return undefined;
  const [, sign, number, exponent, suffix = ''] = match;
  const [whole, fraction = ''] = number!.split('.') as [string, string?];
  const binaryPower = BINARY.indexOf(suffix);
  const isBinary = suffix !== '' && binaryPower > 0;
  const power = exponent === undefined ? (isBinary ? 0 : DECIMAL[suffix]!) : Number(exponent.slice(1));
  let digits = BigInt(whole + fraction || '0');
  if (isBinary) digits <<= BigInt(10 * binaryPower);
  const nanos = scaled(digits, power + 9 - fraction.length);
  return {
    nanos: sign === '-' ? -nanos : nanos,
    format: exponent === undefined ? (isBinary ? 'binary' : 'decimal') : 'exponent',
  };
}

function scaled(digits: bigint, power: number): bigint {
  if (power >= 0) return digits * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (digits + divisor - 1n) / divisor;
}

function printDecimal(nanos: bigint, asExponent: boolean): string {
  if (nanos === 0n) return '0';
  let power = -9;
  let rest = nanos;
  while (rest % 1000n === 0n && power < 18) {
    rest /= 1000n;
    power += 3;
  }
  if (asExponent) return power === 0 ? `${rest}` : `${rest}e${power}`;
  const suffix = Object.keys(DECIMAL).find((name) => DECIMAL[name] === power)!;
  return `${rest}${suffix}`;
}

function printBinary(value: bigint): string {
  let power = 0;
  let rest = value;
  while (rest !== 0n && rest % 1024n === 0n && power < BINARY.length - 1) {
    rest /= 1024n;
    power += 1;
  }
  return `${rest}${BINARY[power]}`;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
