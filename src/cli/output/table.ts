/** A table as kubectl prints it: columns three blanks apart, no lines; an empty cell is `<none>`. The last column is not padded. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows.map((row) => row.map((cell) => printable(cell) || '<none>'))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => [...row[column]!].length)));
  return cells
    .map((row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : padded(cell, widths[i]! + 3))).join('')}\n`)
    .join('');
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - [...cell].length));
}

/** A name or message must not move the cursor. */
function printable(cell: string): string {
  return cell.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ');
}
