/** A field's name as a label's: what is not a letter, a digit or `_` becomes `_`, and no digit comes first. Empty where nothing is left. */
export function sanitizedName(field: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(field)) return field;
  const trimmed = field.trim();
  if (trimmed === '') return '';
  const prefixed = /^\d/.test(trimmed) ? `_${trimmed}` : trimmed;
  return prefixed.replace(/[^A-Za-z0-9_]/gu, '_');
}

/** The name of a field within an object. Parts that are blank leave no trace; a digit gets a `_` only at the very front. */
export function nestedName(prefix: string, key: string): string {
  const part = key.trim();
  if (part === '') return prefix;
  if (prefix === '') return sanitizedName(part);
  return `${prefix}_${part.replace(/[^A-Za-z0-9_]/gu, '_')}`;
}

/** Where a stream, or structured metadata, has the name already. */
export const duplicateSuffix = '_extracted';
