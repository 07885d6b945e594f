/** Names as Prometheus 3 translates them unless it is told otherwise: underscores for what a name may not have, units and types as suffixes. */
const units: Record<string, string> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '1': '',
  '%': 'percent',
};
const perUnits: Record<string, string> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

export function metricNameOf(name: string, unit: string, kind: 'counter' | 'gauge' | 'other'): string {
  const [main = '', per = ''] = splitOnce(unit, '/');
  let tokens = name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== '');
  const suffix = cleaned(named(main, units));
  if (suffix !== '' && !tokens.includes(suffix)) tokens.push(suffix);
  const perName = named(per, perUnits);
  const perSuffix = perName === '' ? '' : cleaned(`per_${perName}`).replace(/_$/, '');
  if (perSuffix !== '' && perSuffix !== 'per' && !tokens.includes(perSuffix)) tokens.push(perSuffix);
  if (kind === 'counter') tokens = [...tokens.filter((token) => token !== 'total'), 'total'];
  if (kind === 'gauge' && unit === '1') tokens = [...tokens.filter((token) => token !== 'ratio'), 'ratio'];
  const joined = tokens.join('_');
  return /^[0-9]/.test(joined) ? `_${joined}` : joined;
}

export function labelNameOf(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9]/gu, '_');
  if (/^[0-9]/.test(clean)) return `key_${clean}`;
  return clean.startsWith('_') && !clean.startsWith('__') ? `key${clean}` : clean;
}

/** In braces stands what is counted, which is no unit. */
function named(unit: string, names: Record<string, string>): string {
  const text = unit.trim();
  if (text === '' || /[{}]/.test(text)) return '';
  return Object.hasOwn(names, text) ? names[text]! : text;
}

function cleaned(unit: string): string {
  return unit
    .replace(/[^a-zA-Z0-9:]/gu, '_')
    .replace(/_{2,}/g, '_')
    .replace(/^_/, '');
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
