/** Whether a stream shows colours: a terminal, unless NO_COLOR says no. */
export function showsColour(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

const colours = [32, 33, 34, 35, 36, 92, 93, 94, 95, 96];

/** The same text always gets the same colour. */
export function coloured(text: string): string {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + character.codePointAt(0)!) | 0;
  return `\x1b[${colours[Math.abs(hash) % colours.length]}m${text}\x1b[0m`;
}
