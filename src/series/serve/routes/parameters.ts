import type { FastifyRequest } from 'fastify';
import { messageOf } from '../../../base/fault.ts';
import { parseRfc3339 } from '../../../base/nanotime.ts';
import { parsePrometheusDurationMs } from '../../../base/prometheus-duration.ts';
import { type Matcher, parseMatchers } from '../../query/query.ts';
import { ApiError, badParameter } from '../answer/api-error.ts';

/** The earliest and latest times that Prometheus's clients send; what a time is where none is given. */
export const minTimeMs = -9_223_309_901_258_974;
export const maxTimeMs = 9_223_309_901_257_974;
const minTimeText = '-292273086-05-16T16:47:06Z';
const maxTimeText = '292277025-08-18T07:12:54.999999999Z';
/** What fits into 63 bits of nanoseconds. */
const durationSecondsMax = 2 ** 63 / 1e9;
/** Selectors of one request. */
const selectorsMax = 1000;

/** The parameters of a request: those of a form in its body, then those of its URL. */
export class Parameters {
  readonly #body: URLSearchParams | undefined;
  readonly #query: URLSearchParams;

  constructor(request: FastifyRequest) {
    const at = request.url.indexOf('?');
    this.#query = new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
    this.#body = request.body instanceof URLSearchParams ? request.body : undefined;
  }

  /** Empty where it is missing. */
  text(name: string): string {
    return this.#body?.get(name) ?? this.#query.get(name) ?? '';
  }

  all(name: string): string[] {
    return [...(this.#body?.getAll(name) ?? []), ...this.#query.getAll(name)];
  }

  /** A wholly missing time is an error unless there is another one to take. */
  timeMs(name: string, missing?: number): number {
    const text = this.text(name);
    if (text === '' && missing !== undefined) return missing;
    const timeMs = timeMsOf(text);
    if (timeMs !== undefined) return timeMs;
    const problem = `cannot parse ${JSON.stringify(text)} to a valid timestamp`;
    throw badParameter(name, missing === undefined ? problem : `invalid time value for '${name}': ${problem}`);
  }

  /** Undefined where it is missing. */
  durationMs(name: string): number | undefined {
    const text = this.text(name);
    return text === '' ? undefined : this.requiredDurationMs(name);
  }

  requiredDurationMs(name: string): number {
    try {
      return durationMsOf(this.text(name));
    } catch (error) {
      throw badParameter(name, messageOf(error));
    }
  }

  /** 0: no limit. */
  limit(name = 'limit'): number {
    const text = this.text(name);
    if (text === '') return 0;
    if (!/^[+-]?\d+$/.test(text))
      throw badParameter(name, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
    const limit = Number(text);
    if (limit < 0) throw badParameter(name, 'limit must be non-negative');
    return limit;
  }

  /** As `selectors`, where a mistake is said to be one of the parameter's. */
  namedSelectors(name = 'match[]'): Matcher[][] {
    try {
      return this.selectors(name);
    } catch (error) {
      throw badParameter(name, messageOf(error));
    }
  }

  selectors(name = 'match[]'): Matcher[][] {
    const texts = this.all(name);
    if (texts.length > selectorsMax) throw new ApiError('bad_data', `more than ${selectorsMax} selectors`);
    return texts.map((text) => {
      const matchers = parseMatchers(text);
      if (matchers.some((matcher) => !matcher.matches(''))) return matchers;
      throw new ApiError('bad_data', 'match[] must contain at least one non-empty matcher');
    });
  }
}

const floatText = /^[+-]?(\d+(_?\d+)*\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Seconds as a number, or RFC 3339. Milliseconds: Prometheus's times are no finer. */
function timeMsOf(text: string): number | undefined {
  if (floatText.test(text)) {
    const seconds = Number(text);
    const whole = Math.trunc(seconds);
    // The fraction is rounded to milliseconds.
    return whole * 1000 + roundHalfAway((seconds - whole) * 1000);
  }
  if (text === minTimeText) return minTimeMs;
  if (text === maxTimeText) return maxTimeMs;
  const nanos = parseRfc3339(text);
  if (nanos === undefined) return undefined;
  // Towards the past, as a division of whole numbers rounds there.
  return Number(nanos >= 0n ? nanos / 1_000_000n : (nanos - 999_999n) / 1_000_000n);
}

function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}

/** Seconds as a number, or a duration like 1h30m. Throws an Error that says what is wrong. */
export function durationMsOf(text: string): number {
  if (floatText.test(text)) {
    const seconds = Number(text);
    if (Math.abs(seconds) <= durationSecondsMax) return Math.trunc(seconds * 1e9) / 1e6;
    throw new Error(`cannot parse ${JSON.stringify(text)} to a valid duration. It overflows int64`);
  }
  try {
    return parsePrometheusDurationMs(text);
  } catch (error) {
    throw new Error(`cannot parse ${JSON.stringify(text)} to a valid duration`, { cause: error });
  }
}
