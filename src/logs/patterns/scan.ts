import { patternLimits } from './limits.ts';

/** Stands for a variable among words. Half of a character outside the basic plane occurs by itself in no text that was read from bytes. */
export const VARIABLE = '\ud801';

const [WORD, DIGIT, DELIMITER] = [0, 1, 2];
/** Of ASCII; everything else is part of words. */
const classes = new Uint8Array(128).fill(WORD);
for (let code = 0; code <= 0x20; code++) classes[code] = DELIMITER;
for (const char of '=,;:()[]{}<>"\'|/?&\\`') classes[char.charCodeAt(0)] = DELIMITER;
for (const char of '0123456789') classes[char.charCodeAt(0)] = DIGIT;
classes[0x7f] = DELIMITER;

/** A line by what stays the same in lines of its kind: words with a digit in them are variables until they turn out to be always the same. */
export interface Scanned {
  /** Equal for lines of one kind. */
  key: string;
  /** The words that `key` leaves out, in order. */
  values: string[];
}

export function scan(line: string): Scanned {
  const { lineCharsMax, tokensMax } = patternLimits;
  const end = Math.min(line.length, lineCharsMax);
  const values: string[] = [];
  let key = '';
  let copied = 0;
  let from = 0;
  let hasDigit = false;
  let tokens = 0;
  const vary = (to: number) => {
    key += line.slice(copied, from) + VARIABLE;
    values.push(line.slice(from, to));
    copied = to;
  };
  for (let at = 0; at < end; at++) {
    const code = line.charCodeAt(at);
    const kind = code < 128 ? classes[code]! : WORD;
    if (kind === DIGIT) hasDigit = true;
    if (kind !== DELIMITER) continue;
    if (at > from && ++tokens > tokensMax) break;
    if (at > from && hasDigit) vary(at);
    from = at + 1;
    hasDigit = false;
  }
  // What is not looked at varies, with the word that it begins in.
  if (tokens > tokensMax || end < line.length) vary(line.length);
  else if (hasDigit) vary(end);
  return { key: key + line.slice(copied), values };
}

/** The words of a key, and what stands before, between and behind them: one more than there are words. */
export interface Words {
  words: string[];
  between: string[];
}

export function wordsOf(key: string): Words {
  const words: string[] = [];
  const between: string[] = [];
  let from = 0;
  let wordFrom = -1;
  for (let at = 0; at <= key.length; at++) {
    const code = at < key.length ? key.charCodeAt(at) : 0x20;
    const isWord = code >= 128 || classes[code] !== DELIMITER;
    if (isWord && wordFrom < 0) {
      between.push(key.slice(from, at));
      wordFrom = at;
    } else if (!isWord && wordFrom >= 0) {
      words.push(key.slice(wordFrom, at));
      wordFrom = -1;
      from = at;
    }
  }
  between.push(key.slice(from));
  return { words, between };
}
