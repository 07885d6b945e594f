/**
 * Fields that a JSON text names twice in one object, as spec.replicas: JSON.parse keeps the last one and says nothing,
 * Kubernetes' strict validation refuses them. The text should be valid JSON; of another the answer means nothing, but comes as soon.
 */
interface Frame {
  /** Undefined for a list. */
  keys: Set<string> | undefined;
  /** The field or item that is being read. */
  path: string;
  base: string;
  index: number;
}

/** More are not told. */
const DUPLICATES_MAX = 100;

export function duplicateFields(json: string): string[] {
  const found = new Set<string>();
  const stack: Frame[] = [];
  let expectsKey = false;
  for (let at = 0; at < json.length && found.size < DUPLICATES_MAX; at += 1) {
    const char = json[at]!;
    const frame = stack.at(-1);
    if (char === '{' || char === '[') {
      const base = frame?.path ?? '';
      stack.push({ keys: char === '{' ? new Set() : undefined, base, path: `${base}[0]`, index: 0 });
      expectsKey = char === '{';
    } else if (char === '}' || char === ']') {
      stack.pop();
      expectsKey = false;
    } else if (char === ',' && frame) {
      expectsKey = frame.keys !== undefined;
      if (!expectsKey) frame.path = `${frame.base}[${++frame.index}]`;
    } else if (char === '"') {
      const end = endOfString(json, at);
      if (expectsKey && frame?.keys) {
        const key = unquoted(json.slice(at, end + 1));
        frame.path = frame.base === '' ? key : `${frame.base}.${key}`;
        if (frame.keys.has(key)) found.add(frame.path);
        frame.keys.add(key);
      }
      expectsKey = false;
      at = end;
    }
  }
  return [...found];
}

/** Where the quote stands that ends the string; the text's end when none does. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}

function unquoted(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal;
  }
}
