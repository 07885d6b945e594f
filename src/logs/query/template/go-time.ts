/** A time and the zone that it is shown in. */
export interface GoTime {
  ns: bigint;
  zone: string;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
/** Parts of a layout: Go's reference time, Mon Jan 2 15:04:05 MST 2006. */
const PART =
  /January|Jan|Monday|Mon|MST|2006|Z07:00:00|Z07:00|Z0700|Z07|-07:00:00|-07:00|-0700|-07|__2|002|[.,]0+(?!\d)|[.,]9+(?!\d)|_2|01|02|03|04|05|06|15|PM|pm|1|2|3|4|5/g;
const NS_PER_S = 1_000_000_000n;
/** Which of them knows the name of a zone's time depends on where the zone is. */
const abbreviationLocales = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ'];
/** Names that none of them knows. */
const abbreviations: Readonly<Record<string, string>> = {
  'Asia/Tokyo': 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Asia/Taipei': 'CST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Jakarta': 'WIB',
  'Asia/Manila': 'PST',
  'Asia/Karachi': 'PKT',
  'Asia/Kolkata': 'IST',
  'Asia/Jerusalem': 'IST',
  'Africa/Johannesburg': 'SAST',
  'Africa/Lagos': 'WAT',
  'Africa/Nairobi': 'EAT',
  'Europe/Moscow': 'MSK',
  'Pacific/Auckland': 'NZST',
};

interface Fields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nanos: number;
  weekday: number;
  offsetSeconds: number;
  abbreviation: string;
}

export const zeroTime: GoTime = { ns: -62_135_596_800n * NS_PER_S, zone: 'UTC' };

/** Whether a zone is known. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function offsetOf(seconds: number, zone: string): { offsetSeconds: number; abbreviation: string } {
  const fixed = /^([+-])(\d\d)(\d\d)$/.exec(zone);
  if (fixed) {
    const offset = (Number(fixed[2]) * 3600 + Number(fixed[3]) * 60) * (fixed[1] === '-' ? -1 : 1);
    return { offsetSeconds: offset, abbreviation: zone };
  }
  if (zone === 'UTC') return { offsetSeconds: 0, abbreviation: 'UTC' };
  const date = new Date(seconds * 1000);
  const name = (timeZoneName: 'longOffset' | 'short', locale = 'en-US') =>
    new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName })
      .formatToParts(date)
      .find(({ type }) => type === 'timeZoneName')!.value;
  const offset = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name('longOffset'));
  const size = offset ? Number(offset[2]) * 3600 + Number(offset[3]) * 60 + Number(offset[4] ?? 0) : 0;
  const offsetSeconds = offset?.[1] === '-' ? -size : size;
  const named = abbreviationLocales.map((locale) => name('short', locale)).find((short) => /^[A-Z]+$/.test(short));
  const digits = offset === null ? '+00' : `${offset[1]}${offset[2]}${offset[3]}`.replace(/(?<=^...)00$/, '');
  return { offsetSeconds, abbreviation: named ?? abbreviations[zone] ?? digits };
}

function fieldsOf({ ns, zone }: GoTime): Fields {
  let seconds = ns / NS_PER_S;
  let nanos = ns % NS_PER_S;
  if (nanos < 0n) {
    nanos += NS_PER_S;
    seconds -= 1n;
  }
  const { offsetSeconds, abbreviation } = offsetOf(Number(seconds), zone);
  const date = new Date((Number(seconds) + offsetSeconds) * 1000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanos: Number(nanos),
    weekday: date.getUTCDay(),
    offsetSeconds,
    abbreviation,
  };
}

/** `time.Format`. */
export function formatGoTime(time: GoTime, layout: string): string {
  const fields = fieldsOf(time);
  return layout.replace(PART, (part) => formatPart(part, fields));
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function formatPart(part: string, fields: Fields): string {
  const hour12 = fields.hour % 12 === 0 ? 12 : fields.hour % 12;
  switch (part) {
    case '2006':
      return String(fields.year).padStart(4, '0');
    case '06':
      return two(fields.year % 100);
    case 'January':
      return MONTHS[fields.month]!;
    case 'Jan':
      return MONTHS[fields.month]!.slice(0, 3);
    case '01':
      return two(fields.month + 1);
    case '1':
      return String(fields.month + 1);
    case 'Monday':
      return DAYS[fields.weekday]!;
    case 'Mon':
      return DAYS[fields.weekday]!.slice(0, 3);
    case '02':
      return two(fields.day);
    case '_2':
      return String(fields.day).padStart(2);
    case '2':
      return String(fields.day);
    case '002':
    case '__2':
      return String(dayOfYear(fields)).padStart(3, part === '002' ? '0' : ' ');
    case '15':
      return two(fields.hour);
    case '03':
      return two(hour12);
    case '3':
      return String(hour12);
    case '04':
      return two(fields.minute);
    case '4':
      return String(fields.minute);
    case '05':
      return two(fields.second);
    case '5':
      return String(fields.second);
    case 'PM':
      return fields.hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return fields.hour >= 12 ? 'pm' : 'am';
    case 'MST':
      return fields.abbreviation;
  }
  return /^[.,]/.test(part) ? formatFraction(part, fields.nanos) : formatOffset(part, fields.offsetSeconds);
}

function dayOfYear({ year, month, day }: Fields): number {
  return (Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / 86_400_000 + 1;
}

function formatFraction(part: string, nanos: number): string {
  const digits = String(nanos)
    .padStart(9, '0')
    .slice(0, part.length - 1)
    .padEnd(part.length - 1, '0');
  if (part[1] === '0') return part[0] + digits;
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? '' : part[0] + trimmed;
}

function formatOffset(part: string, offsetSeconds: number): string {
  if (part.startsWith('Z') && offsetSeconds === 0) return 'Z';
  const size = Math.abs(offsetSeconds);
  const parts = [two(Math.floor(size / 3600)), two(Math.floor(size / 60) % 60), two(size % 60)];
  const wanted = part.replace(/^[Z-]/, '');
  const count = wanted.replaceAll(':', '').length / 2;
  return (offsetSeconds < 0 ? '-' : '+') + parts.slice(0, count).join(wanted.includes(':') ? ':' : '');
}

/** `time.ParseInLocation`; undefined where the text does not fit the layout. */
export function parseGoTime(layout: string, text: string, zone: string): GoTime | undefined {
  const names: string[] = [];
  let pattern = '';
  let last = 0;
  for (const part of layout.matchAll(PART)) {
    pattern += escapeText(layout.slice(last, part.index)) + partPattern(part[0]);
    // Go reads a fraction behind the seconds also where the layout has none.
    if (/^0?5$/.test(part[0]) && !/^[.,][09]/.test(layout.slice(part.index + part[0].length)))
      pattern += '(?:[.,]\\d+)?';
    names.push(part[0]);
    last = part.index + part[0].length;
  }
  const match = new RegExp(`^${pattern}${escapeText(layout.slice(last))}$`, 'i').exec(text);
  return match ? timeOf(names, match.slice(1), zone) : undefined;
}

function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&').replace(/ +/g, ' +');
}

function partPattern(part: string): string {
  if (part === '2006') return '(\\d{4})';
  if (part === 'January') return `(${MONTHS.join('|')})`;
  if (part === 'Jan') return `(${MONTHS.map((name) => name.slice(0, 3)).join('|')})`;
  if (part === 'Monday') return `(${DAYS.join('|')})`;
  if (part === 'Mon') return `(${DAYS.map((name) => name.slice(0, 3)).join('|')})`;
  if (/^pm$/i.test(part)) return '(am|pm)';
  if (part === 'MST') return '([A-Z]{3,4}|[+-]\\d{2,4})';
  if (part.startsWith('Z')) return '(Z|[+-]\\d\\d:?\\d\\d(?::?\\d\\d)?)';
  if (part.startsWith('-')) return '([+-]\\d\\d(?::?\\d\\d){0,2})';
  if (/^[.,]/.test(part)) return part[1] === '0' ? `([.,]\\d{${part.length - 1}})` : '([.,]\\d+)?';
  if (part === '002' || part === '__2') return '( *\\d{1,3})';
  if (part === '_2') return '( *\\d{1,2})';
  return part.length === 2 ? '(\\d\\d)' : '(\\d{1,2})';
}

function timeOf(names: string[], values: (string | undefined)[], zone: string): GoTime | undefined {
  const get = (...wanted: string[]) => {
    const at = names.findIndex((name) => wanted.includes(name));
    return at < 0 ? undefined : values[at]?.trim();
  };
  const year2 = get('06');
  const year = get('2006') ?? (year2 === undefined ? '0' : `${Number(year2) >= 69 ? 19 : 20}${year2}`);
  const monthName = get('January', 'Jan')?.toLowerCase();
  const month = monthName
    ? MONTHS.findIndex((name) => name.toLowerCase().startsWith(monthName.slice(0, 3)))
    : Number(get('01', '1') ?? 1) - 1;
  const day = Number(get('02', '2', '_2') ?? 1);
  const half = get('PM', 'pm')?.toLowerCase();
  const hourText = Number(get('15', '03', '3') ?? 0);
  const hour = half === undefined ? hourText : (hourText % 12) + (half === 'pm' ? 12 : 0);
  const [minute, second] = [Number(get('04', '4') ?? 0), Number(get('05', '5') ?? 0)];
  const date = new Date(0);
  date.setUTCFullYear(Number(year), month, day);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59)
    return undefined;
  const fraction = values[names.findIndex((name) => /^[.,]/.test(name))]?.slice(1) ?? '';
  const local = date.getTime() / 1000 + hour * 3600 + minute * 60 + second;
  const written = values[names.findIndex((name) => /^(?:Z0|-0)/.test(name))];
  const shown = written === undefined ? zone : fixedZone(written);
  // The offset of a zone depends on the time: look it up as if the time were UTC, then once more.
  const guess = local - offsetOf(local, shown).offsetSeconds;
  const seconds = local - offsetOf(guess, shown).offsetSeconds;
  return { ns: BigInt(seconds) * NS_PER_S + BigInt(fraction.slice(0, 9).padEnd(9, '0')), zone: shown };
}

function fixedZone(written: string): string {
  const digits = written.replaceAll(':', '').slice(0, 5);
  return /^[Zz]$/.test(written) || /^[+-]0+$/.test(digits) ? 'UTC' : digits.padEnd(5, '0');
}
