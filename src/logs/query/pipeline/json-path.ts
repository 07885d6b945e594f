/** A place in a JSON document: names of fields and numbers of elements, from the outermost in. */
export type JsonPath = readonly (string | number)[];

const PART = /\s*(?:\.?\s*([A-Za-z_]\w*)|\[\s*"([^"\]]*)"\s*\]|\[\s*(\d+)\s*\])\s*/y;
/** Deeper paths are refused. */
const pathPartsMax = 100;

/** Reads `a.b["c d"][0]`. Throws an Error. */
export function parseJsonPath(text: string): JsonPath {
  const path: (string | number)[] = [];
  for (let at = 0; at < text.length; at = PART.lastIndex) {
    PART.lastIndex = at;
    const part = PART.exec(text);
    const isDotted = /^\s*\./.test(part?.[0] ?? '');
    const wantsDot = path.length > 0 && part?.[1] !== undefined;
    if (part === null || isDotted !== wantsDot)
      throw new Error(`unexpected char ${text.slice(at).trim()[0] ?? '$end'}`);
    path.push(part[1] ?? part[2] ?? Number(part[3]));
    if (path.length > pathPartsMax) throw new Error(`the path has more than ${pathPartsMax} parts`);
  }
  if (path.length === 0) throw new Error('syntax error: unexpected $end');
  return path;
}
