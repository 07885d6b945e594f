import { quote as quoteText, replaceBytes, unquote as unquoteText } from '../../../base/go-quote.ts';

/** The value of a literal as LogQL has it, or undefined where it is malformed. A byte that is not valid UTF-8 becomes U+FFFD, as in a decoded line. */
export function unquote(literal: string): string | undefined {
  const value = unquoteText(literal, '"`');
  return value === undefined ? undefined : replaceBytes(value);
}

/** `strconv.Quote`. */
export function quote(text: string): string {
  return quoteText(text.isWellFormed() ? text : text.toWellFormed());
}
