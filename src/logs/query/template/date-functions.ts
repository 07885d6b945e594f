import type { TemplateFunction } from './functions.ts';
import { formatGoTime, type GoTime, isZone, parseGoTime, zeroTime } from './go-time.ts';
import { type GoValue, isTime, toText } from './go-value.ts';
import { TemplateError } from './template-error.ts';

type Entry = readonly [string, TemplateFunction];

const NS_PER: Readonly<Record<number, bigint>> = {
  5: 86_400_000_000_000n,
  10: 1_000_000_000n,
  13: 1_000_000n,
  16: 1000n,
  19: 1n,
};

export const dateFunctions: readonly Entry[] = [
  ['date', { arity: [2, 2], run: ([layout, time]) => formatGoTime(timeOrSeconds(time), toText(layout)) }],
  ['toDate', { arity: [2, 2], run: ([layout, text]) => parseGoTime(toText(layout), toText(text), 'UTC') ?? zeroTime }],
  [
    'toDateInZone',
    { arity: [3, 3], run: ([layout, zone, text]) => inZone(toText(layout), toText(zone), toText(text)) },
  ],
  ['now', { arity: [0, 0], run: now }],
  ['unixEpoch', { arity: [1, 1], run: ([time]) => String(timeArgument(time).ns / 1_000_000_000n) }],
  ['unixEpochMillis', { arity: [1, 1], run: ([time]) => String(timeArgument(time).ns / 1_000_000n) }],
  ['unixEpochNanos', { arity: [1, 1], run: ([time]) => String(BigInt.asIntN(64, timeArgument(time).ns)) }],
  ['unixToTime', { arity: [1, 1], run: ([text]) => unixToTime(toText(text)) }],
];

function timeArgument(value: GoValue): GoTime {
  if (!isTime(value)) throw new TemplateError('wrong type for value; expected time.Time');
  return value;
}

/** What is no time is now, as Sprig has it. */
function timeOrSeconds(value: GoValue): GoTime {
  if (isTime(value)) return value;
  return typeof value === 'bigint' ? { ns: value * 1_000_000_000n, zone: 'UTC' } : now();
}

// The line's own time would be repeatable, but Grafana's users expect the clock.
function now(): GoTime {
  return { ns: BigInt(Date.now()) * 1_000_000n, zone: 'UTC' };
}

function inZone(layout: string, zone: string, text: string): GoTime {
  return parseGoTime(layout, text, isZone(zone) ? zone : 'UTC') ?? zeroTime;
}

/** The unit is told by the number of digits: days, seconds, milliseconds, microseconds, nanoseconds. */
function unixToTime(text: string): GoTime {
  const unit = NS_PER[text.length];
  if (!/^-?\d+$/.test(text)) {
    throw new TemplateError(
      `error calling unixToTime: unable to parse time '${text}': strconv.ParseInt: parsing "${text}": invalid syntax`,
    );
  }
  if (unit === undefined) throw new TemplateError(`error calling unixToTime: unable to parse time '${text}'`);
  return { ns: BigInt(text) * unit, zone: 'UTC' };
}
