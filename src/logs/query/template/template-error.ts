/** A template that cannot be run on this line; the message becomes `__error_details__`. */
export class TemplateError extends Error {}

/** What one run may produce and do. */
export const templateOutputCharsMax = 1024 * 1024;
export const templateStepsMax = 100_000;

/** Refuses to make a text that would be longer than a template may produce. */
export function checkedLength(chars: number): number {
  if (chars > templateOutputCharsMax)
    throw new TemplateError(`the result is longer than ${templateOutputCharsMax} characters`);
  return chars;
}
