/** An attribute's value, of whatever type. */
export type AnyValue = string | number | boolean | null | AnyValue[] | { [name: string]: AnyValue };

/** As a label shows it: text as it is, everything else as JSON. */
export function attributeText(value: AnyValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return value === null ? '' : JSON.stringify(value);
}
