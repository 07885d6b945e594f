/**
 * A sample's value as Prometheus's API writes it: Go's shortest digits, with an exponent below 1e-6 and from 1e21 on. JavaScript has
 * the same digits and the same limits; the exponent's two digits, the infinities and the sign of zero are what is left.
 */
export function valueText(value: number): string {
  if (Number.isInteger(value) && value !== 0 && value < 1e15 && value > -1e15) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const text = String(value);
  const magnitude = Math.abs(value);
  if (magnitude >= exponentBelow && magnitude < exponentFrom) return text;
  const at = text.indexOf('e');
  // e-7 is written e-07.
  return at >= 0 && text.length - at === 3 ? `${text.slice(0, at + 2)}0${text.slice(at + 2)}` : text;
}

const exponentBelow = 1e-6;
const exponentFrom = 1e21;

/** Milliseconds as seconds, with three decimals or none. */
export function secondsText(timeMs: number): string {
  const fraction = Math.abs(timeMs % 1000);
  const seconds = Math.trunc(timeMs / 1000);
  const sign = timeMs < 0 ? '-' : '';
  const whole = `${sign}${Math.abs(seconds)}`;
  return fraction === 0 ? whole : `${whole}.${String(fraction).padStart(3, '0')}`;
}
