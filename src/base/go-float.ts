/** Numbers as Go's strconv and fmt read and write them, since label values, annotations and printed queries show them. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SPECIAL = /^([+-]?)(?:inf(?:inity)?|nan)$/i;
const HEX = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/;

/** Those that may separate digits; further ones make a text no number. */
const UNDERSCORES = /(?<=\d)_(?=\d)/g;
const HEX_UNDERSCORES = /(?<=[\da-fA-FxX])_(?=[\da-fA-F])/g;

/** `strconv.ParseFloat(text, 64)`; undefined where Go refuses. */
export function parseGoFloat(text: string): number | undefined {
  return parsePlain(text.includes('_') ? withoutUnderscores(text) : text);
}

function withoutUnderscores(text: string): string {
  return text.replaceAll(/^[+-]?0[xX]/.test(text) ? HEX_UNDERSCORES : UNDERSCORES, '');
}

function parsePlain(text: string): number | undefined {
  if (DECIMAL.test(text)) {
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
  const why = DECIMAL.test(withoutUnderscores(text)) ? 'value out of range' : 'invalid syntax';
  return `strconv.ParseFloat: parsing ${JSON.stringify(text)}: ${why}`;
}

interface Digits {
  negative: boolean;
  /** Significant digits, without leading or trailing zeros. */
  digits: string;
  /** The value is 0.digits × 10^point. */
  point: number;
}

/** `strconv.FormatFloat(value, 'f', -1, 64)`: shortest digits that read back, never an exponent. */
export function formatPlain(value: number): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  const { negative, digits, point } = split(value);
  let text: string;
  if (point <= 0) text = digits === '' ? '0' : `0.${'0'.repeat(-point)}${digits}`;
  else if (point >= digits.length) text = digits + '0'.repeat(point - digits.length);
  else text = `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative ? `-${text}` : text;
}

/** From this power of ten on, `%g` with the shortest digits writes an exponent. */
const EXPONENT_FROM = 6;

/** `%g` and `%v`: shortest digits that read back, with an exponent where the number is small or large. */
export function formatGeneral(value: number): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  const parts = split(value);
  const exponent = parts.digits === '' ? 0 : parts.point - 1;
  return exponent < -4 || exponent >= EXPONENT_FROM ? exponential(parts, exponent) : formatPlain(value);
}

/** `%.{precision}g`: trailing zeros are not written. */
export function formatGeneralPrecise(value: number, precision: number): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  const parts = split(Number(value.toPrecision(precision)));
  const exponent = parts.digits === '' ? 0 : parts.point - 1;
  const limit = Math.max(precision, 1);
  const writtenLimit = limit > parts.digits.length && parts.digits.length >= parts.point ? parts.digits.length : limit;
  if (exponent < -4 || exponent >= writtenLimit) return exponential(parts, exponent);
  return formatPlain(Number(value.toPrecision(precision)));
}

/** `%f`: six decimals. */
export function formatSixDecimals(value: number): string {
  return specialText(value) ?? (Math.abs(value) < 1e21 ? value.toFixed(6) : `${formatPlain(value)}.000000`);
}

/** As OpenMetrics wants label values that are numbers: never without a point or an exponent. */
export function formatOpenMetrics(value: number): string {
  if (value === 0) return '0.0';
  const text = formatGeneral(value);
  return /[e.NI]/.test(text) ? text : `${text}.0`;
}

function exponential({ negative, digits }: Digits, exponent: number): string {
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits || '0';
  const power = Math.abs(exponent).toString().padStart(2, '0');
  return `${negative ? '-' : ''}${mantissa}e${exponent < 0 ? '-' : '+'}${power}`;
}

function specialText(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return undefined;
}

function split(value: number): Digits {
  const negative = value < 0 || Object.is(value, -0);
  const [mantissa = '0', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  return { negative, digits, point: digits === '' ? 0 : Number(exponent) + 1 };
}
