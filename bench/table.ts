/** A table that a person can read: one row a figure, its target beside it. */
export interface Row {
  what: string;
  figure: string;
  target: string;
  /** Undefined where there is no target. */
  met: boolean | undefined;
  /** The figure of whoever runs beside us. */
  peer?: string;
}

/** A line of text between rows. */
export const heading = (what: string): Row => ({ what, figure: '', target: '', met: undefined });

export function tableText(rows: readonly Row[]): string {
  const cells = [
    ['what', 'figure', 'target', '', rows.some(({ peer }) => peer !== undefined) ? 'peer' : ''],
    ...rows.map(({ what, figure, target, met, peer = '' }) => [
      what,
      figure,
      target,
      met === undefined ? '' : met ? 'met' : 'MISSED',
      peer,
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A figure that should be at most, or at least, its target. */
export function row(
  what: string,
  value: number,
  target: number | null,
  show: (value: number) => string,
  atLeast = false,
): Row {
  if (target === null) return { what, figure: show(value), target: '', met: undefined };
  const met = atLeast ? value >= target : value <= target;
  return { what, figure: show(value), target: `${atLeast ? '≥' : '≤'} ${show(target)}`, met };
}
