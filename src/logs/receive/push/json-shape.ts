import { Fault } from '../../../base/fault.ts';
import { pushLimits } from './limits.ts';

/** Shorter texts take no time to speak of, whatever is in them. */
const uncheckedCharsMax = 64 * 1024;

/** Throws Fault `bad-request`. */
export function parsedJson(text: string): unknown {
  checkShape(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault('bad-request', `the body is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Refuses JSON that would take seconds to be made into objects, before it is: nested too deep, or with too many fields in one object.
 * Whether it is JSON is left to the parser. Throws Fault `bad-request`.
 */
export function checkShape(text: string): void {
  if (text.length <= uncheckedCharsMax) return;
  const { jsonDepthMax, jsonFieldsMax } = pushLimits;
  // Commas at each depth, where that is an object; of lists none are counted.
  const commas = new Float64Array(jsonDepthMax + 1).fill(-Infinity);
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at + 1);
        break;
      case '{':
      case '[':
        if (++depth > jsonDepthMax) throw refused(`is nested more than ${jsonDepthMax} deep (jsonDepthMax)`);
        commas[depth] = text[at] === '{' ? 0 : -Infinity;
        break;
      case '}':
      case ']':
        depth = Math.max(0, depth - 1);
        break;
      case ',':
        if (++commas[depth]! >= jsonFieldsMax)
          throw refused(`has more than ${jsonFieldsMax} fields in one object (jsonFieldsMax)`);
    }
  }
}

/** Where the string ends that begins at `from`; where it does not end, the text does. */
function endOfString(text: string, from: number): number {
  for (let at = from; ; at++) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\' && at - slashes > from) slashes++;
    if (slashes % 2 === 0) return at;
  }
}

function refused(why: string): Fault {
  return new Fault('bad-request', `the body ${why}`);
}
