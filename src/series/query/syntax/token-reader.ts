import type { Position } from '../text/position.ts';
import type { Features } from './features.ts';
import { Lexer } from './lexer.ts';
import { ParseError } from './parse-error.ts';
import { describe, type Token, type TokenKind, tokenEnd } from './token.ts';

/** How deep expressions may be nested, so that no query can exhaust the stack. */
export const expressionDepthMax = 500;
/** The longest query that is read. */
export const queryCharsMax = 1 << 20;

/** Looks at most two tokens ahead. Every failure is a ParseError at the token that is in the way. */
export class TokenReader {
  readonly query: string;
  readonly features: Features;
  readonly #lexer: Lexer;
  readonly #ahead: Token[] = [];
  readonly #contexts: { context: string; expected: string }[] = [];
  #depth = 0;
  /** Where the token that was taken last ends. */
  lastEnd = 0;

  constructor(query: string, features: Features) {
    this.query = query;
    this.features = features;
    this.#lexer = new Lexer(query);
    if (query.length > queryCharsMax)
      this.fail({ start: 0, end: 0 }, `query is longer than ${queryCharsMax} characters`);
  }

  peek(distance = 0): Token {
    while (this.#ahead.length <= distance) {
      const last = this.#ahead.at(-1);
      this.#ahead.push(last?.kind === 'error' || last?.kind === 'end of input' ? last : this.#lexer.next());
    }
    return this.#ahead[distance]!;
  }

  kind(distance = 0): TokenKind {
    return this.peek(distance).kind;
  }

  take(): Token {
    const token = this.peek();
    if (token.kind === 'error') this.unexpected();
    this.#ahead.shift();
    this.lastEnd = tokenEnd(token);
    return token;
  }

  takeIf(kind: TokenKind): Token | undefined {
    return this.kind() === kind ? this.take() : undefined;
  }

  expect(kind: TokenKind, context = '', expected = ''): Token {
    return this.takeIf(kind) ?? this.unexpected(context, expected);
  }

  /** Names what is being parsed, for errors inside that say nothing more precise. */
  inside<T>(context: string, expected: string, parse: () => T): T {
    this.#contexts.push({ context, expected });
    const result = parse();
    this.#contexts.pop();
    return result;
  }

  unexpected(innerContext = '', innerExpected = ''): never {
    const token = this.peek();
    const innermost = innerContext === '' ? this.#contexts.at(-1) : undefined;
    const { context, expected } = innermost ?? { context: innerContext, expected: innerExpected };
    const position = { start: token.start, end: tokenEnd(token) };
    if (token.kind === 'error') return this.fail({ start: token.start, end: this.query.length }, token.text);
    const where = context === '' ? '' : ` in ${context}`;
    return this.fail(
      position,
      `unexpected ${describe(token)}${where}${expected === '' ? '' : `, expected ${expected}`}`,
    );
  }

  fail(position: Position, detail: string): never {
    throw new ParseError(this.query, position, detail);
  }

  /** Runs a part of the parser one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > expressionDepthMax) {
      this.fail(
        { start: this.peek().start, end: this.lastEnd },
        `expression is nested deeper than ${expressionDepthMax} levels`,
      );
    }
    const result = parse();
    this.#depth--;
    return result;
  }
}
