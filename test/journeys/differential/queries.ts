import type { Random } from './random.ts';
import { spanMs } from './series.ts';

/** Times within the series, mostly where their samples are. */
export interface GeneratedQuery {
  query: string;
  startMs: number;
  endMs: number;
  /** 0: an instant query. */
  stepMs: number;
}

const ranges = ['15s', '30s', '45s', '1m', '2m', '5m', '7m', '1ms', '14999ms', '16s'];
const shifts = ['15s', '1m', '-30s', '5m', '4m45s', '1ms'];
const labels = ['job', 'instance', 'le', 'kind'];
const numbers = ['0', '1', '-1', '0.5', '2', '1e3', 'NaN', 'Inf', '-Inf', '3.14'];

const overRange = [
  'rate increase delta irate idelta deriv changes resets sum_over_time avg_over_time min_over_time max_over_time count_over_time',
  'last_over_time present_over_time absent_over_time stddev_over_time stdvar_over_time',
  'ts_of_min_over_time ts_of_max_over_time ts_of_last_over_time',
]
  .join(' ')
  .split(' ');
const ofVector = [
  'abs ceil floor round sgn sqrt exp ln log2 log10 timestamp absent sort sort_desc day_of_week day_of_month day_of_year',
  'days_in_month hour minute month year deg rad atan tanh',
]
  .join(' ')
  .split(' ');

/** Queries that mean something over the series of `generateSeries`, in the language of Prometheus 3.5. */
export class QueryGenerator {
  readonly #random: Random;
  readonly #startMs: number;

  constructor(random: Random, startMs: number) {
    this.#random = random;
    this.#startMs = startMs;
  }

  next(): GeneratedQuery {
    const random = this.#random;
    const startMs = this.#moment();
    if (random.chance(0.4)) return { query: this.#any(), startMs, endMs: startMs, stepMs: 0 };
    const stepMs = random.pick([15_000, 30_000, 60_000, 7000, 300_000, 14_999]);
    const endMs = startMs + stepMs * random.below(12);
    return { query: this.vector(3), startMs, endMs, stepMs };
  }

  vector(depth: number): string {
    const random = this.#random;
    if (depth <= 0) return random.chance(0.5) ? this.#instant() : this.#ranged(0);
    const inner = () => this.vector(depth - 1);
    const kinds: (() => string)[] = [
      () => this.#instant(),
      () => this.#ranged(depth),
      () => this.#ranged(depth),
      () => this.#aggregation(inner()),
      () => this.#aggregation(inner()),
      () => this.#arithmetic(inner(), inner()),
      () => this.#withNumber(inner()),
      () => `(${inner()}) ${random.pick(['and', 'or', 'unless'])} ${this.#setMatching()} (${inner()})`,
      () => `-(${inner()})`,
      () => `${random.pick(ofVector)}(${inner()})`,
      () => `round(${inner()}, ${random.pick(['0.1', '5', '100'])})`,
      () => `clamp(${inner()}, ${random.pick(numbers)}, ${random.pick(numbers)})`,
      () => `clamp_${random.pick(['min', 'max'])}(${inner()}, ${random.pick(numbers)})`,
      () => `histogram_quantile(${random.pick(['0.5', '0.99', '0', '1', '-1', '2'])}, ${this.#buckets()})`,
      () => `label_replace(${inner()}, "new", "$1-x", "${random.pick(labels)}", "(.*)")`,
      () => `label_join(${inner()}, "new", "-", "job", "instance")`,
      () => `vector(${this.#scalar(depth - 1)})`,
    ];
    return random.pick(kinds)();
  }

  #any(): string {
    const random = this.#random;
    if (random.chance(0.05)) return this.#scalar(2);
    if (random.chance(0.1)) return this.#rangeSelector();
    return this.vector(3);
  }

  #moment(): number {
    const random = this.#random;
    const grid = this.#startMs + 15_000 * random.below(spanMs / 15_000 + 20);
    return random.chance(0.7) ? grid : grid + random.pick([1, -1, 7500, 299_999]);
  }

  #instant(): string {
    const random = this.#random;
    const name = random.chance(0.02)
      ? 'none'
      : random.pick(['c_total', 'g', 'g', 'h_bucket', 'sparse', 'odd', 'one', 'x_info']);
    return `${name}${this.#matchers()}${this.#modifiers()}`;
  }

  #matchers(): string {
    const random = this.#random;
    const conditions = [
      'job="x"',
      'instance=~"a|b"',
      'instance!="c"',
      'job!~"y.*"',
      'le=~"1|10"',
      'instance=""',
      'job=~".+"',
    ];
    const count = random.pick([0, 0, 0, 0, 1, 2]);
    return count === 0 ? '' : `{${Array.from({ length: count }, () => random.pick(conditions)).join(',')}}`;
  }

  #modifiers(): string {
    const random = this.#random;
    let text = random.chance(0.2) ? ` offset ${random.pick(shifts)}` : '';
    if (random.chance(0.1)) text += ` @ ${random.pick(['start()', 'end()', String(this.#moment() / 1000)])}`;
    return text;
  }

  #rangeSelector(): string {
    return `${this.#random.pick(['c_total', 'c_total', 'g', 'h_bucket', 'sparse', 'odd', 'one'])}${this.#matchers()}[${this.#random.pick(ranges)}]${this.#modifiers()}`;
  }

  #ranged(depth: number): string {
    const random = this.#random;
    const isSubquery = depth > 0 && random.chance(0.25);
    const range = isSubquery ? this.#subquery(this.vector(depth - 1)) : this.#rangeSelector();
    if (random.chance(0.1)) return `quantile_over_time(${random.pick(['0.5', '0.9', '-1', '2', '0'])}, ${range})`;
    // After 3.5 a NaN makes it NaN.
    if (random.chance(0.05)) return `mad_over_time(g${this.#matchers()}[${random.pick(ranges)}])`;
    if (random.chance(0.05)) return `predict_linear(${range}, ${random.pick(['60', '3600', '-60'])})`;
    if (random.chance(0.05)) return `double_exponential_smoothing(${range}, 0.5, 0.3)`;
    return `${random.pick(overRange)}(${range})`;
  }

  #subquery(inner: string): string {
    const random = this.#random;
    const step = random.pick(['', '15s', '30s', '1m', '7s']);
    const modifiers = this.#modifiers();
    // Where the subquery's first step is also the query's, Prometheus does not compute anew what @ within means: it is off by the
    // subquery's own offset or @.
    const isNested = inner.includes('@');
    return `(${inner})[${random.pick(['1m', '2m', '5m'])}:${step}]${isNested ? '' : modifiers}`;
  }

  #aggregation(inner: string): string {
    const random = this.#random;
    const grouping = random.pick(['', `by (${this.#names()})`, `without (${this.#names()})`]);
    const op = random.pick([
      'sum',
      'avg',
      'min',
      'max',
      'count',
      'group',
      'stddev',
      'stdvar',
      'topk',
      'bottomk',
      'quantile',
      'count_values',
      'limitk',
    ]);
    if (op === 'quantile') return `quantile ${grouping} (${random.pick(['0.5', '0.9', '1.5', '-1'])}, ${inner})`;
    // The last digits of computed values are those of the order in which they were added up.
    if (op === 'count_values') return `count_values ${grouping} ("value", ${this.#instant()})`;
    // What they choose among equals is the order of a Go map in computed vectors: over a selector it is defined.
    if (op === 'topk' || op === 'bottomk')
      return `${op} ${grouping} (${random.pick(['1', '2', '5', '0'])}, ${this.#distinct()})`;
    if (op === 'limitk') return `count(limitk ${grouping} (${random.pick(['1', '3'])}, ${inner}))`;
    return `${op} ${grouping} (${inner})`;
  }

  /** Values that are hardly ever equal. */
  #distinct(): string {
    return this.#random.pick(['g', 'avg_over_time(g[2m])', 'g * 2', 'sum by (job) (g)']);
  }

  #names(): string {
    const random = this.#random;
    return labels.filter(() => random.chance(0.4)).join(', ');
  }

  #arithmetic(left: string, right: string): string {
    const random = this.#random;
    const op = random.pick([
      '+',
      '-',
      '*',
      '/',
      '%',
      '^',
      'atan2',
      '==',
      '!=',
      '>',
      '<',
      '>=',
      '<=',
      '== bool',
      '> bool',
    ]);
    const kind = random.below(4);
    if (kind === 0) return `(${left}) ${op} (${right})`;
    if (kind === 1) return `(${left}) ${op} ignoring (le, kind) (${right})`;
    if (kind === 2) return `(${left}) ${op} on (job) group_left () (sum by (job) (${right}))`;
    return `(sum by (job, instance) (${left})) ${op} on (job, instance) (sum by (job, instance) (${right}))`;
  }

  #setMatching(): string {
    return this.#random.pick(['', '', 'on (job)', 'ignoring (instance)', 'on ()']);
  }

  #withNumber(inner: string): string {
    const random = this.#random;
    const op = random.pick(['+', '-', '*', '/', '%', '^', '==', '!=', '>', '< bool']);
    const number = random.chance(0.2) ? `scalar(${this.#instant()})` : random.pick(numbers);
    return random.chance(0.5) ? `(${inner}) ${op} ${number}` : `${number} ${op} (${inner})`;
  }

  #buckets(): string {
    const random = this.#random;
    return random.pick([
      'h_bucket',
      'rate(h_bucket[5m])',
      'sum by (le) (rate(h_bucket[2m]))',
      'h_bucket{le!="+Inf"}',
      'sum by (le, job) (h_bucket)',
    ]);
  }

  #scalar(depth: number): string {
    const random = this.#random;
    if (depth <= 0 || random.chance(0.4))
      return random.pick([...numbers, 'time()', 'pi()', `scalar(${this.#instant()})`]);
    const op = random.pick(['+', '-', '*', '/', '%', '^', '> bool', '== bool']);
    return `(${this.#scalar(depth - 1)} ${op} ${this.#scalar(depth - 1)})`;
  }
}
