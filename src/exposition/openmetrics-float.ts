import { NumberReader } from './number-reader.ts';

const reader = new NumberReader();
/** From this power of ten on, Go writes the shortest digits with an exponent. */
const exponentFrom = 6;

/** A number as OpenMetrics wants it in label values: never without a point or an exponent. Undefined where the text is none. */
export function openMetricsFloat(text: string): string | undefined {
  const bytes = Buffer.from(text);
  if (!reader.read(bytes, 0, bytes.length)) return undefined;
  const { value } = reader;
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const [mantissa = '0', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= exponentFrom)
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  const plain = String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}
