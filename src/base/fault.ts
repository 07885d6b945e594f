/**
 * An error that a person or a client is meant to read: what was wrong, where, and what is allowed.
 * `code` is stable and listed in docs/reference/errors.md; anything that is not a Fault is a defect of ours.
 */
export class Fault extends Error {
  readonly code: FaultCode;
  /** What the reader can do next, if there is something: a command, a setting, a manifest line. */
  readonly hint: string | undefined;

  constructor(code: FaultCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.hint = options.hint;
  }
}

/** The catalogue. Keep each line short: docs/reference/errors.md is generated from it. */
export const faultCodes = {
  usage: 'a flag, argument or setting is wrong',
  'bad-manifest': 'a manifest cannot be read; the message names file, document, line and field',
  'bad-request': 'a request is malformed; the message names the offending place',
  'not-found': 'what was asked for does not exist, or the caller may not know that it does',
  unauthenticated: 'no credentials, or credentials that are not valid',
  forbidden: 'the credentials are valid but do not allow this',
  'already-locked': 'another process is using this data directory',
  'newer-format': 'the data was written by a newer version; it is left untouched',
  corrupt: 'stored data failed its checksum or cannot be decoded',
  overloaded: 'a named limit is reached; try again after the time given',
  unavailable: 'a server cannot be reached or is stopping',
  'disk-full': 'the disk has no room; nothing that was acknowledged is lost',
  conflict: 'the state has changed in the meantime',
} as const;

export type FaultCode = keyof typeof faultCodes;

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
