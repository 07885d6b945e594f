/** Numbers as Go's strconv reads and writes them. */
const DECIMAL = /^[+-]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SPECIAL = /^([+-]?)(?:inf(?:inity)?|nan)$/i;
const HEX = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/;

/** `strconv.ParseFloat(text, 64)`; undefined where Go refuses. */
export function parseGoFloat(text: string): number | undefined {
  if (DECIMAL.test(text) && !text.includes('_')) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (SPECIAL.test(text)) {
    if (/nan/i.test(text)) return /^[+-]/.test(text) ? undefined : Number.NaN;
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const hex = HEX.exec(text);
  if (hex === null || `${hex[2]}${hex[3]}` === '') return undefined;
  const mantissa = Number.parseInt(`0${hex[2]}${hex[3]}`, 16) * 2 ** (Number(hex[4]) - 4 * hex[3]!.length);
  return hex[1] === '-' ? -mantissa : mantissa;
}

/** The error that Go gives for a text that is no number, or too large for one. */
export function goFloatError(text: string): string {
  const why = DECIMAL.test(text) && !text.includes('_') ? 'value out of range' : 'invalid syntax';
  return `strconv.ParseFloat: parsing ${JSON.stringify(text)}: ${why}`;
}

/** `strconv.FormatFloat(value, 'f', -1, 64)`: the shortest digits that read back, never an exponent. */
export function formatPlain(value: number): string {
  if (!Number.isFinite(value)) return specialText(value);
  const text = String(value);
  if (Object.is(value, -0)) return '-0';
  if (!text.includes('e')) return text;
  const { negative, digits, exponent } = split(value);
  const point = exponent + 1;
  const sign = negative ? '-' : '';
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** From this power of ten on, `%g` with the shortest digits writes an exponent. */
const EXPONENT_FROM = 6;

/** `fmt.Sprint` of a float64: `%g` with the shortest digits, an exponent below 1e-4 and from a million on. */
export function formatGeneral(value: number): string {
  if (!Number.isFinite(value)) return specialText(value);
  const { negative, digits, exponent } = split(value);
  if (exponent >= -4 && exponent < EXPONENT_FROM) return formatPlain(value);
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  const power = Math.abs(exponent).toString().padStart(2, '0');
  return `${negative ? '-' : ''}${mantissa}e${exponent < 0 ? '-' : '+'}${power}`;
}

function split(value: number): { negative: boolean; digits: string; exponent: number } {
  const [mantissa = '0', exponent = '0'] = Math.abs(value).toExponential().split('e');
  return { negative: value < 0, digits: mantissa.replace('.', ''), exponent: Number(exponent) };
}

function specialText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}
