/** A field's name as a label's: what is not a letter, a digit or `_` becomes `_`, and no digit comes first. Empty where nothing is left. */
export function sanitizedName(field: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(field)) return field;
  const trimmed = field.trim();
  if (trimmed === '') return '';
  const prefixed = /^\d/.test(trimmed) ? `_${trimmed}` : trimmed;
  return prefixed.replace(/[^A-Za-z0-9_]/gu, '_');
}

/** Where a stream, or structured metadata, has the name already. */
export const duplicateSuffix = '_extracted';
