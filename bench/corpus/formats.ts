import type { Random } from './random.ts';
import { printed, type Statement } from './statements.ts';
import { hex, type Values } from './values.ts';
import { agents } from './vocabulary.ts';

/** What a format may use to write one event; `epochMs` is the container's own clock. */
export interface Moment {
  epochMs: number;
  statement: Statement;
  values: Values;
  random: Random;
  service: string;
}

/** Writes one event as one or more lines of text. */
export type Format = (moment: Moment) => string | string[];

const LEVEL_LETTER = { debug: 'I', info: 'I', warn: 'W', error: 'E' } as const;
const PINO_LEVEL = { debug: 20, info: 30, warn: 40, error: 50 } as const;

const accessLog: Format = ({ epochMs, values, random }) => {
  const address = values.address();
  const method = random.chance(0.85) ? 'GET' : 'POST';
  const agent = agents[Math.floor(random.next() ** 2 * agents.length)]!;
  const path = random.chance(0.3) ? '/healthz' : values.path();
  return `${address} - - [${commonLogTime(epochMs)}] "${method} ${path} HTTP/1.1" ${values.status()} ${values.of('bytes')} "-" "${agent}"`;
};

const pino: Format = ({ epochMs, statement, values, random, service }) => {
  const level = PINO_LEVEL[statement.level];
  const head = `{"level":${level},"time":${epochMs},"pid":1,"hostname":"${service}-${values.hostSuffix}","service":"${service}","module":"${statement.module}"`;
  const request = random.chance(0.6)
    ? `,"requestId":"${values.requestId}","tenant":"${values.of('tenant')}","durationMs":${values.milliseconds()}`
    : '';
  return `${head}${request},"msg":"${printed(statement, values)}"}`;
};

const zap: Format = ({ epochMs, statement, values, service }) =>
  `{"level":"${statement.level}","ts":"${isoTime(epochMs)}","caller":"${statement.module}/${statement.module}.go:${statement.sourceLine}",` +
  `"msg":"${printed(statement, values)}","component":"${service}","took":"${values.milliseconds()}ms","status":${values.status()}}`;

const logfmt: Format = ({ epochMs, statement, values, random, service }) => {
  const tail = random.chance(0.5) ? ` org_id=${values.of('tenant')} status=${values.status()}` : '';
  return (
    `ts=${isoTime(epochMs)} caller=${statement.module}.go:${statement.sourceLine} level=${statement.level} component=${service} ` +
    `msg="${printed(statement, values)}" duration=${values.milliseconds()}ms${tail}`
  );
};

const klog: Format = ({ epochMs, statement, values, random, service }) => {
  const date = new Date(epochMs);
  const stamp = `${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())} ${isoTime(epochMs).slice(11, 23)}000`;
  const object = random.chance(0.5)
    ? ` logger="${service}" pod="${values.of('tenant')}/web" generation=${values.of('small')}`
    : '';
  return `${LEVEL_LETTER[statement.level]}${stamp}       1 ${statement.module}_controller.go:${statement.sourceLine}] "${printed(statement, values)}"${object}`;
};

const spring: Format = ({ epochMs, statement, values, random, service }) => {
  const level = statement.level.toUpperCase().padStart(5);
  const thread = `http-nio-8080-exec-${1 + random.below(8)}`;
  const logger = `io.shop.${service.replaceAll('-', '.')}.${statement.module}.${capital(statement.module)}Service`;
  const line = `${isoTime(epochMs)}  ${level} 1 --- [${thread}] ${logger} : ${printed(statement, values)}`;
  return statement.level === 'error' && random.chance(0.15) ? [line, ...stackTrace(statement, service)] : line;
};

const python: Format = ({ epochMs, statement, values, random, service }) => {
  const time = isoTime(epochMs).replace('T', ' ').replace('.', ',').slice(0, 23);
  const line = `${time} ${statement.level.toUpperCase()} [${service}.${statement.module}:${statement.sourceLine}] [MainThread] [req ${values.requestId}] ${printed(statement, values)}`;
  if (statement.level !== 'error' || random.chance(0.9)) return line;
  const file = `/srv/${service}/${statement.module}.py`;
  return [
    line,
    'Traceback (most recent call last):',
    `  File "${file}", line ${statement.sourceLine}, in handle`,
    `    result = self.${statement.module}.run(request, timeout=self.timeout)`,
    `  File "${file}", line ${statement.sourceLine + 61}, in run`,
    '    raise TimeoutError(f"no answer in {timeout} s")',
    'TimeoutError: no answer in 30 s',
  ];
};

const envoy: Format = ({ epochMs, values, random, service }) =>
  `{"start_time":"${isoTime(epochMs)}","method":"GET","path":"${values.path()}","protocol":"HTTP/2","response_code":${values.status()},` +
  `"response_flags":"-","bytes_sent":${values.of('bytes')},"duration":${values.milliseconds()},"upstream_cluster":"outbound|8080||${service}.default.svc.cluster.local",` +
  `"upstream_host":"${values.address()}:8080","x_request_id":"${random.chance(0.7) ? values.requestId : hex(random, 16)}"}`;

const postgres: Format = ({ epochMs, statement, values, random }) => {
  const stamp = `${isoTime(epochMs).replace('T', ' ').slice(0, 23)} UTC [${100 + random.below(40)}] shop@orders`;
  if (statement.level === 'error') return `${stamp} ERROR:  ${printed(statement, values)}`;
  return random.chance(0.5)
    ? `${stamp} LOG:  duration: ${values.milliseconds()}.${random.below(1000)} ms  statement: SELECT id, state, total FROM orders WHERE tenant = '${values.of('tenant')}' AND id > ${values.of('count')} LIMIT 50`
    : `${stamp} LOG:  ${printed(statement, values)}`;
};

export const formats = { accessLog, pino, zap, logfmt, klog, spring, python, envoy, postgres } as const;
export type FormatName = keyof typeof formats;

function stackTrace(statement: Statement, service: string): string[] {
  const base = `io.shop.${service.replaceAll('-', '.')}`;
  const frames = Array.from({ length: 6 + (statement.sourceLine % 9) }, (_, i) => {
    const name = capital(statement.module);
    return `\tat ${base}.${statement.module}.${name}${frameClasses[(statement.sourceLine + i) % frameClasses.length]!}(${name}.java:${statement.sourceLine + 3 * i})`;
  });
  return [`java.lang.IllegalStateException: ${statement.pieces[0]!.trim()}`, ...frames, ...serverFrames];
}

const frameClasses = [
  'Service.place',
  'Repository.save',
  'Gateway.call',
  'Handler.handle',
  'Filter.doFilter',
  'Listener.onMessage',
  'Client.execute',
];
const serverFrames = [
  '\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:885)',
  '\tat jakarta.servlet.http.HttpServlet.service(HttpServlet.java:658)',
  '\tat org.apache.catalina.core.ApplicationFilterChain.doFilter(ApplicationFilterChain.java:138)',
  '\tat java.base/java.lang.Thread.run(Thread.java:1583)',
];

let isoSecond = -1;
let isoPrefix = '';

function isoTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1000);
  if (second !== isoSecond) {
    isoSecond = second;
    isoPrefix = new Date(second * 1000).toISOString().slice(0, 20);
  }
  return `${isoPrefix}${String(epochMs % 1000).padStart(3, '0')}Z`;
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function commonLogTime(epochMs: number): string {
  const iso = isoTime(epochMs);
  return `${iso.slice(8, 10)}/${monthNames[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function capital(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}
