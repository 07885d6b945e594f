/** Our own log: one line of logfmt an event on stderr, so that the program's output stays the user's. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Record<string, string | number | bigint | boolean | null | undefined>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger;
}

const severity: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LoggerOptions {
  level?: LogLevel;
  write?: (line: string) => void;
  now?: () => number;
}

export function createLogger(options: LoggerOptions = {}, fields: LogFields = {}): Logger {
  const { level = 'info', write = (line: string) => process.stderr.write(line), now = Date.now } = options;
  const emit = (at: LogLevel, message: string, extra: LogFields = {}) => {
    if (severity[at] < severity[level]) return;
    const all: LogFields = { ts: new Date(now()).toISOString(), level: at, msg: message, ...fields, ...extra };
    write(
      `${Object.entries(all)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => `${key}=${quoted(String(value))}`)
        .join(' ')}\n`,
    );
  };
  return {
    debug: (message, extra) => emit('debug', message, extra),
    info: (message, extra) => emit('info', message, extra),
    warn: (message, extra) => emit('warn', message, extra),
    error: (message, extra) => emit('error', message, extra),
    with: (extra) => createLogger(options, { ...fields, ...extra }),
  };
}

export const silentLogger: Logger = createLogger({ write: () => {} });

function quoted(value: string): string {
  return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
}
