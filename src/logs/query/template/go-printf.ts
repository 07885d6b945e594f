import { formatGeneral } from '../../../base/go-float.ts';
import { quote } from '../text/quoted.ts';
import { type GoValue, showValue, toText } from './go-value.ts';

/** `%[2]d` takes the second value, and the next verb the third; so may widths. */
const VERB = /%([-+# 0]*)((?:\[\d+\])?\*|\d+)?(?:\.((?:\[\d+\])?\*|\d+))?(?:\[(\d+)\])?([a-zA-Z%])/g;
/** Wider fields are cut down to this. */
const widthMax = 10_000;

/** `fmt.Sprintf`, with the verbs that text and numbers need. */
export function goPrintf(format: string, values: readonly GoValue[]): string {
  let at = 0;
  let isReordered = false;
  const take = () => values[at++];
  const goTo = (index: string | undefined) => {
    if (index === undefined) return;
    isReordered = true;
    at = Number(index) - 1;
  };
  const size = (text = '0') => {
    if (!text.endsWith('*')) return Math.min(widthMax, Number(text));
    goTo(/\d+/.exec(text)?.[0]);
    return Math.min(widthMax, Number(take() ?? 0));
  };
  const out = format.replace(VERB, (_, flags, widthText, precisionText, index, verb: string) => {
    if (verb === '%') return '%';
    const width = size(widthText);
    const precision = precisionText === undefined ? undefined : size(precisionText);
    goTo(index);
    if (index !== undefined && (at < 0 || at >= values.length)) return `%!${verb}(BADINDEX)`;
    if (at >= values.length) return `%!${verb}(MISSING)`;
    return padded(formatted(verb, flags, precision, take()), flags, width, verb);
  });
  if (isReordered || at >= values.length) return out;
  return `${out}%!(EXTRA ${values
    .slice(at)
    .map((value) => `${typeName(value)}=${showValue(value)}`)
    .join(', ')})`;
}

function formatted(verb: string, flags: string, precision: number | undefined, value: GoValue): string {
  switch (verb) {
    case 'v':
    case 's':
      if (verb === 's' && typeof value !== 'string' && isScalar(value)) return wrong(verb, value);
      if (verb === 'v' && flags.includes('#') && typeof value === 'string') return quote(value);
      if (value === undefined) return wrong(verb, value);
      return typeof value === 'string' && precision !== undefined
        ? [...value].slice(0, precision).join('')
        : showValue(value);
    case 'q':
      return typeof value === 'string' ? quote(value) : wrong(verb, value);
    case 'd':
      return typeof value === 'bigint' ? signed(String(value), flags) : wrong(verb, value);
    case 'x':
    case 'X':
      return hexadecimal(verb, flags, value);
    case 'o':
    case 'b':
      return typeof value === 'bigint' ? value.toString(verb === 'o' ? 8 : 2) : wrong(verb, value);
    case 'c':
      return typeof value === 'bigint' ? String.fromCodePoint(Number(value)) : wrong(verb, value);
    case 't':
      return typeof value === 'boolean' ? String(value) : wrong(verb, value);
    case 'f':
    case 'F':
      return typeof value === 'number'
        ? signed(value.toFixed(Math.min(precision ?? 6, 100)), flags)
        : wrong(verb, value);
    case 'e':
      return typeof value === 'number'
        ? signed(value.toExponential(Math.min(precision ?? 6, 100)).replace(/e([+-])(\d)$/, 'e$10$2'), flags)
        : wrong(verb, value);
    case 'g':
      return typeof value === 'number'
        ? signed(
            formatGeneral(precision === undefined ? value : Number(value.toPrecision(Math.min(precision || 1, 100)))),
            flags,
          )
        : wrong(verb, value);
    case 'T':
      return typeName(value);
  }
  return wrong(verb, value);
}

function isScalar(value: GoValue): boolean {
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean';
}

function wrong(verb: string, value: GoValue): string {
  if (value === undefined) return verb === 'v' ? '<nil>' : `%!${verb}(<nil>)`;
  return `%!${verb}(${typeName(value)}=${showValue(value)})`;
}

function hexadecimal(verb: string, flags: string, value: GoValue): string {
  const digits = typeof value === 'bigint' ? value.toString(16) : Buffer.from(toText(value)).toString('hex');
  const text = flags.includes('#') ? digits.replace(/^-?/, '$&0x') : digits;
  return verb === 'X' ? text.toUpperCase() : text;
}

function signed(text: string, flags: string): string {
  if (text.startsWith('-')) return text;
  return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text;
}

function padded(text: string, flags: string, width: number, verb: string): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0') || 'qvs'.includes(verb)) return ' '.repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

export function typeName(value: GoValue): string {
  if (value === undefined) return '<nil>';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (Array.isArray(value)) return '[]interface {}';
  return value instanceof Map ? 'map[string]interface {}' : 'time.Time';
}
