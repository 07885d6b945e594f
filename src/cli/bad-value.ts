/** What a parser of a flag throws: commander knows it by its code, and puts the flag's name before the message. */
export class BadValue extends Error {
  readonly code = 'commander.invalidArgument';
  readonly exitCode = 1;
}

export function isBadValue(error: unknown): error is Error {
  return error instanceof Error && (error as { code?: unknown }).code === 'commander.invalidArgument';
}
