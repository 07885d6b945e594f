const units: [number, string][] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** For an axis: four digits at most, and a unit for what is large. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-3)) return value.toExponential(1);
  const [factor, unit] = units.find(([least]) => size >= least) ?? [1, ''];
  return `${Number((value / factor).toPrecision(4))}${unit}`;
}
