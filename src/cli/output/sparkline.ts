const blocks = '▁▂▃▄▅▆▇█';

/** The course of values in so many characters; a blank where nothing is known. `NaN` is nothing known. */
export function sparkline(values: readonly number[], width: number): string {
  const cells = condensed(values, width);
  const known = cells.filter(Number.isFinite);
  const [min, max] = [Math.min(...known), Math.max(...known)];
  return cells
    .map((value) => {
      if (!Number.isFinite(value)) return ' ';
      const height = max === min ? 0.5 : (value - min) / (max - min);
      return blocks[Math.min(blocks.length - 1, Math.floor(height * blocks.length))]!;
    })
    .join('');
}

/** At most `width` values: each the mean of those that fall together, or NaN. */
function condensed(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, cell) => {
    const from = Math.floor((cell * values.length) / width);
    const to = Math.floor(((cell + 1) * values.length) / width);
    const known = values.slice(from, to).filter(Number.isFinite);
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}
