import type { FastifyRequest } from 'fastify';
import { Fault } from '../../../base/fault.ts';
import { type Nanos, nanosOfMs, parseRfc3339 } from '../../../base/nanotime.ts';
import { type Matcher, parse, parseQueryDuration } from '../../query/query.ts';

const defaultSinceNs = 3_600_000_000_000n;
const defaultLimit = 100;
/** Steps that Loki cuts a range into where a request names none. */
const defaultSteps = 250;
/** Steps that a range may have, as in Loki. */
const stepsMax = 11_000;
/** Selectors of one request. */
const selectorsMax = 1000;
const nanosPerSecond = 1_000_000_000n;

/** Parameters of a request as Loki reads them: those of a form in its body, then those of its URL. Throws Fault `bad-request`. */
export class Parameters {
  readonly #body: URLSearchParams | undefined;
  readonly #query: URLSearchParams;
  readonly #nowNs: Nanos;

  constructor(request: FastifyRequest, nowMs: number) {
    const at = request.url.indexOf('?');
    this.#query = new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
    this.#body = request.body instanceof URLSearchParams ? request.body : undefined;
    this.#nowNs = nanosOfMs(nowMs);
  }

  /** Empty where it is missing. */
  text(name: string): string {
    return this.#body?.get(name) ?? this.#query.get(name) ?? '';
  }

  all(name: string): string[] {
    return [...(this.#body?.getAll(name) ?? []), ...this.#query.getAll(name)];
  }

  /** Also without anything: Loki takes a missing time for now. */
  timeNs(name = 'time'): Nanos {
    return this.#time(name) ?? this.#nowNs;
  }

  /** The end is now unless it is given; the start is an hour, or `since`, before the end, or before now where that is earlier. */
  range(): { startNs: Nanos; endNs: Nanos } {
    const endNs = this.#time('end') ?? this.#nowNs;
    const since = this.text('since');
    const sinceNs = since === '' ? defaultSinceNs : BigInt(Math.trunc(requiredDuration(since)));
    const isPast = endNs < this.#nowNs;
    const startNs = this.#time('start') ?? (isPast ? endNs : this.#nowNs) - sinceNs;
    if (startNs > endNs) throw bad('end timestamp must not be before or equal to start time');
    return { startNs, endNs };
  }

  stepNs({ startNs, endNs }: { startNs: Nanos; endNs: Nanos }): number {
    const text = this.text('step');
    if (text === '') return Math.max(1, Math.floor(Number(endNs - startNs) / 1e9 / defaultSteps)) * 1e9;
    const stepNs = secondsOrDuration('step', text);
    if (stepNs <= 0) {
      throw bad('zero or negative query resolution step widths are not accepted. Try a positive integer');
    }
    return stepNs;
  }

  /** As `stepNs`, for an answer of which each step costs something to put together. */
  boundedStepNs(range: { startNs: Nanos; endNs: Nanos }): bigint {
    const stepNs = BigInt(Math.max(1, Math.trunc(this.stepNs(range))));
    if ((range.endNs - range.startNs) / stepNs <= stepsMax) return stepNs;
    throw bad(`exceeded maximum resolution of ${stepsMax.toLocaleString('en-US')} points per time series`);
  }

  /** 0: every line counts. */
  intervalNs(): bigint {
    const text = this.text('interval');
    const intervalNs = text === '' ? 0 : secondsOrDuration('interval', text);
    if (intervalNs < 0) throw bad('interval must be >= 0');
    return BigInt(Math.trunc(intervalNs));
  }

  whole(name: string, missing = defaultLimit): number {
    const text = this.text(name);
    if (text === '') return missing;
    if (!/^[+-]?\d+$/.test(text)) throw bad(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
    return Number(text);
  }

  limit(): number {
    const limit = this.whole('limit');
    if (limit <= 0) throw bad('limit must be a positive value');
    return limit;
  }

  direction(): 'forward' | 'backward' {
    const text = this.text('direction').toLowerCase();
    if (text === '') return 'backward';
    if (text === 'forward' || text === 'backward') return text;
    throw bad(`invalid direction '${this.text('direction')}'`);
  }

  /** Of a selector without anything behind it. Without one: no conditions. Throws ParseError. */
  matchers(name = 'query'): Matcher[] {
    const text = this.text(name).trim();
    return text === '' || text === '{}' ? [] : selectorOf(text);
  }

  selectors(): Matcher[][] {
    const texts = [...this.all('match'), ...this.all('match[]')];
    if (texts.length > selectorsMax) throw bad(`more than ${selectorsMax} selectors`);
    return texts.map((text) => (text.trim() === '{}' ? [] : selectorOf(text)));
  }

  /** Nanoseconds, seconds (with a fraction, or of ten digits and less), or RFC 3339. */
  #time(name: string): Nanos | undefined {
    const text = this.text(name);
    if (text === '') return undefined;
    if (/^-?\d+$/.test(text)) return text.length <= 10 ? BigInt(text) * nanosPerSecond : inRange(name, BigInt(text));
    if (/^-?\d*\.\d*(e[+-]?\d+)?$/i.test(text) || /^-?\d+e[+-]?\d+$/i.test(text)) {
      const seconds = Number(text);
      if (Number.isFinite(seconds)) {
        return inRange(
          name,
          BigInt(Math.trunc(seconds)) * nanosPerSecond + BigInt(Math.round((seconds % 1) * 1000)) * 1_000_000n,
        );
      }
    }
    const time = parseRfc3339(text);
    if (time !== undefined) return inRange(name, time);
    throw bad(`could not parse '${name}' parameter: ${JSON.stringify(text)} is neither a number nor an RFC 3339 time`);
  }
}

export function bad(message: string): Fault {
  return new Fault('bad-request', message);
}

function selectorOf(text: string): Matcher[] {
  const expr = parse(text);
  if (expr.kind !== 'log' || expr.stages.length > 0) throw bad('only label matchers are supported');
  return expr.matchers;
}

function inRange(name: string, time: bigint): Nanos {
  if (BigInt.asIntN(64, time) !== time) throw bad(`could not parse '${name}' parameter: value out of range`);
  return time;
}

function requiredDuration(text: string): number {
  const ns = parseQueryDuration(text);
  if (ns === undefined)
    throw bad(`could not parse 'since' parameter: not a valid duration string: ${JSON.stringify(text)}`);
  return ns;
}

function secondsOrDuration(name: string, text: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    const ns = Number(text) * 1e9;
    if (Math.abs(ns) < 2 ** 63) return ns;
    throw bad(`cannot parse ${JSON.stringify(text)} to a valid duration. It overflows int64`);
  }
  const ns = parseQueryDuration(text);
  if (ns === undefined) throw bad(`cannot parse ${JSON.stringify(text)} to a valid duration (parameter ${name})`);
  return ns;
}
