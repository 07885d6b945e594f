/** A half-open range of a query's text, in UTF-16 units. */
export interface Position {
  start: number;
  end: number;
}

/** `line:column` of where the range starts, both from 1, columns in bytes: what Prometheus's clients show. */
export function lineAndColumn(query: string, position: Position): string {
  if (query === '') return 'unknown position';
  if (position.start < 0 || position.start > query.length) return 'invalid position';
  const before = query.slice(0, position.start);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  return `${line}:${Buffer.byteLength(before.slice(lineStart)) + 1}`;
}
