import fc from 'fast-check';

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const word = fc.constantFrom('request', 'timeout', 'Order', 'größte', 'E_LEDGER', 'cache', 'io.shop.Cart', 'ok', '');
const time = fc
  .date({ min: new Date('1969-12-30T00:00:00Z'), max: new Date('2200-01-03T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const value = fc.oneof(
  fc.nat().map(String),
  fc.constantFrom(
    '0',
    '007',
    '12ms',
    '3s',
    '1.5',
    '-5',
    '9007199254740993',
    '00',
    '12abc',
    'v1',
    '24:00:00',
    '2026-02-30T10:00:00',
  ),
  hex(8),
  hex(16),
  fc.uuid(),
  fc.ipV4(),
  time,
  time.map((text) => text.replace('T', ' ').replace('.', ',')),
  time.map((text) => text.slice(11, 19)),
  time.map((text) => `${text.slice(11, 23)}456`),
  word,
);

/** Lines as programs write them: the same words again and again, with values between. */
export const realLine = fc
  .tuple(fc.constantFrom(0, 1, 2, 3), fc.array(value, { minLength: 4, maxLength: 4 }), word)
  .map(([form, [a, b, c, d], text]) =>
    Buffer.from(
      [
        `${a} INFO ${text} took ${b}ms status=${c}`,
        `{"time":"${a}","msg":"${text} ${b}","id":"${c}","n":${d}}`,
        `${a} - - [${b}] "GET /api/v1/${text}/${c} HTTP/1.1" ${d}`,
        `E${a} ${b} ${c}:${d}] ${text}`,
      ][form]!,
    ),
  );

/** Stands for a line that is too long for a template, so that a counterexample can be read. */
const LONG = 'LONG ';

export function spelledOut(lines: readonly Buffer[]): Buffer[] {
  return lines.map((line) => {
    const text = line.toString('latin1');
    return text.startsWith(LONG) ? Buffer.from(`${text.slice(LONG.length)} long `.repeat(1200)) : line;
  });
}

/** Lines as nobody should write them. */
export const hostileLine = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: fc.constantFrom(...'01aZ-_. :T\n'), maxLength: 80 }).map((text) => Buffer.from(text)),
  fc.array(fc.nat(99), { minLength: 100, maxLength: 300 }).map((numbers) => Buffer.from(numbers.join(' '))),
  fc.nat(3).map((n) => Buffer.from(`${LONG}${n}`)),
);

/** Times and words with digits, and what may stand beside them. */
export const oddLine = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(...'-_.:, TZ"é', '10:00:00', '2024-02-29', '.123', ',123456', '12ms', '7f'),
      },
      { weight: 1, arbitrary: fc.stringMatching(/^[0-9a-z]{0,70}$/) },
    ),
    { maxLength: 20 },
  )
  .map((parts) => Buffer.from(parts.join('')));
