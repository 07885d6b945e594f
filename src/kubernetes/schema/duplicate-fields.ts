/**
 * Fields that a JSON text names twice in one object, as spec.replicas: JSON.parse keeps the last one and says nothing,
 * Kubernetes' strict validation refuses them. The text must be valid JSON.
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
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

export function duplicateFields(json: string): string[] {
  const found: string[] = [];
  const stack: Frame[] = [];
  let expectsKey = false;
  for (const [token] of json.matchAll(TOKEN)) {
    const frame = stack.at(-1);
    if (token === '{' || token === '[') {
      const base = frame ? frame.path : '';
      stack.push({ keys: token === '{' ? new Set() : undefined, base, path: `${base}[0]`, index: 0 });
      expectsKey = token === '{';
    } else if (token === '}' || token === ']') {
      stack.pop();
      expectsKey = false;
    } else if (token === ',' && frame) {
      expectsKey = frame.keys !== undefined;
      if (!frame.keys) {
        frame.index += 1;
        frame.path = `${frame.base}[${frame.index}]`;
      }
    } else if (expectsKey && frame?.keys && token !== ':') {
      const key = JSON.parse(token) as string;
      frame.path = frame.base === '' ? key : `${frame.base}.${key}`;
      if (frame.keys.has(key)) found.push(frame.path);
      if (found.length >= DUPLICATES_MAX) return found;
      frame.keys.add(key);
      expectsKey = false;
    }
  }
  return [...new Set(found)];
}
