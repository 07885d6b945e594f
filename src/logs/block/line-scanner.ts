/** Not a time: a word. */
export const wordShape = 0;
