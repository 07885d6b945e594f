import { goFloatError, parseGoFloat } from '../../../base/go-float.ts';
import type { TokenReader } from './token-reader.ts';

/** A number with or without a sign. */
export function parseNumber(reader: TokenReader): number {
  const sign = reader.takeIf('-') ?? reader.takeIf('+');
  const token = reader.expect('number');
  const value = parseGoFloat(token.text);
  if (value === undefined) reader.refuse(token, `unable to parse literal as a float: ${goFloatError(token.text)}`);
  return sign?.kind === '-' ? -value : value;
}
