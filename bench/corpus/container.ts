import { CriFile } from './cri-file.ts';
import { type Format, type FormatName, formats, type Moment } from './formats.ts';
import { Random, Zipf } from './random.ts';
import { type Statement, statementsOf } from './statements.ts';
import { Values } from './values.ts';

export interface ContainerSpec {
  /** Replicas of one service share its statements. */
  service: { index: number; name: string; format: FormatName; statements: number };
  directory: string;
  bytes: number;
  seed: number;
  startMs: number;
  /** Sentences to write once each, spread evenly over the file. */
  planted: readonly string[];
}

export interface ContainerResult {
  bytes: number;
  records: number;
  lines: number;
  statementsUsed: Set<number>;
}

/** Replicas of a service come up with the same statements whatever their own seed. */
const STATEMENTS_SEED = 20_261_122;
const DUMP_CHANCE = 1 / 25_000;
const stderrFormats: ReadonlySet<FormatName> = new Set<FormatName>(['klog', 'logfmt', 'python', 'postgres']);
/** These write mostly requests, which are not made from statements, so a needle is planted in another program's words. */
const plantFormat = 'python';
export const requestFormats: ReadonlySet<FormatName> = new Set<FormatName>(['accessLog', 'envoy', 'postgres']);

export function writeContainer(spec: ContainerSpec): ContainerResult {
  const random = new Random(spec.seed);
  const statementRandom = new Random(STATEMENTS_SEED + spec.service.index);
  const statements = statementsOf(spec.service.index, spec.service.statements, statementRandom);
  const zipf = new Zipf(statements.length, statementRandom);
  const values = new Values(random);
  const format: Format = formats[spec.service.format];
  const file = new CriFile(spec.directory);
  const clock = new EventClock(spec.startMs, random);
  const used = new Set<number>();
  const requests = requestFormats.has(spec.service.format);
  let lines = 0;
  let planted = 0;

  const write = (text: string | string[], statement: Statement) => {
    const stream =
      stderrFormats.has(spec.service.format) || (statement.level === 'error' && !requests) ? 'stderr' : 'stdout';
    for (const line of typeof text === 'string' ? [text] : text) {
      file.write(clock.secondText, clock.nanos, stream, line);
      lines++;
      clock.nextLine();
    }
  };

  while (file.bytes < spec.bytes) {
    if (clock.nextEvent()) values.nextRequest();
    const index = zipf.pick(random);
    const statement = statements[index]!;
    if (!requests) used.add(index);
    const moment: Moment = { epochMs: clock.epochMs, statement, values, random, service: spec.service.name };
    write(random.chance(DUMP_CHANCE) ? dump(moment) : format(moment), statement);
    if (planted < spec.planted.length && file.bytes > (spec.bytes * (planted + 0.5)) / spec.planted.length) {
      const sentence = { ...statement, pieces: [spec.planted[planted++]!], kinds: [] };
      const form = requests ? plantFormat : spec.service.format;
      write(formats[form]({ ...moment, statement: { ...sentence, level: 'info' } }), sentence);
    }
    file.rotateIfFull(clock.secondText);
  }
  file.close();
  return { bytes: file.bytes, records: file.records, lines, statementsUsed: used };
}

/** A request's body as a program at debug level prints it: longer than one CRI record. */
function dump({ values, random, service, epochMs }: Moment): string {
  const items = Array.from(
    { length: 200 + random.below(500) },
    (_, i) => `{"line":${i},"sku":"${values.of('id')}","quantity":${values.of('small')},"note":"größte Menge – 数量"}`,
  );
  return `{"level":20,"time":${epochMs},"service":"${service}","msg":"request body","items":[${items.join(',')}]}`;
}

/** Lines of one request come within microseconds; requests come as they like. */
class EventClock {
  readonly #random: Random;
  #second = -1;
  epochMs: number;
  nanos: number;
  secondText = '';

  constructor(startMs: number, random: Random) {
    this.#random = random;
    this.epochMs = startMs;
    this.nanos = random.below(1e9);
    this.#advance(0);
  }

  /** True where a new request begins. */
  nextEvent(): boolean {
    const random = this.#random;
    const begins = random.chance(0.3);
    this.#advance(begins ? Math.round(-Math.log(1 - random.next()) * 150e6) : 20_000 + random.below(400_000));
    return begins;
  }

  nextLine(): void {
    this.#advance(800 + this.#random.below(4000));
  }

  #advance(nanos: number): void {
    this.nanos += nanos;
    let second = Math.floor(this.epochMs / 1000);
    while (this.nanos >= 1e9) {
      this.nanos -= 1e9;
      second++;
    }
    this.epochMs = second * 1000 + Math.floor(this.nanos / 1e6);
    if (second === this.#second) return;
    this.#second = second;
    this.secondText = new Date(second * 1000).toISOString().slice(0, 19);
  }
}
