import { Lexer } from './lexer.ts';
import { ParseError } from './parse-error.ts';
import { shownKind, type Token, type TokenKind } from './token.ts';

/** Queries nested deeper are refused. */
export const queryDepthMax = 200;

/** Hands out the tokens of a query, with looking ahead. Invariant: `#ahead` are the tokens that were cut and not taken. */
export class TokenReader {
  readonly #lexer: Lexer;
  readonly #ahead: Token[] = [];
  #depth = 0;

  constructor(text: string) {
    this.#lexer = new Lexer(text);
  }

  peek(offset = 0): Token {
    while (this.#ahead.length <= offset) this.#ahead.push(this.#lexer.next());
    return this.#ahead[offset]!;
  }

  kind(offset = 0): TokenKind {
    return this.peek(offset).kind;
  }

  take(): Token {
    const token = this.peek();
    this.#ahead.shift();
    return token;
  }

  takeIf(kind: TokenKind): Token | undefined {
    return this.kind() === kind ? this.take() : undefined;
  }

  /** `others` may stand here as well, which the error says. */
  expect(kind: TokenKind, ...others: TokenKind[]): Token {
    return this.takeIf(kind) ?? this.unexpected(kind, ...others);
  }

  /** As Loki's parser words it. Of more than four kinds that were possible it names none. */
  unexpected(...expected: TokenKind[]): never {
    const { kind, line, column } = this.peek();
    const list = expected.map(shownKind).join(' or ');
    const tail = expected.length === 0 || expected.length > 4 ? '' : `, expecting ${list}`;
    throw new ParseError(`syntax error: unexpected ${shownKind(kind)}${tail}`, line, column);
  }

  /** The query is well formed, and means nothing. */
  refuse(at: Token, detail: string): never {
    throw new ParseError(detail, at.line, at.column, false);
  }

  nested<T>(parse: () => T): T {
    if (this.#depth >= queryDepthMax) this.refuse(this.peek(), `the query is nested deeper than ${queryDepthMax}`);
    this.#depth++;
    const result = parse();
    this.#depth--;
    return result;
  }
}
