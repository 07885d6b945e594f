/** A piece of a template: text as it is, or a group of the match by number or name. */
type Piece = string | { group: string };

const NAME = /^[\p{L}\p{Nd}_]+/u;

/** `$1`, `$name`, `${1}`, `${name}` and `$$` as Go's regexp.Expand takes them; any other dollar stands for itself. */
export function parseTemplate(template: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < template.length) {
    const dollar = template.indexOf('$', at);
    if (dollar < 0) break;
    if (dollar > at) pieces.push(template.slice(at, dollar));
    const rest = template.slice(dollar + 1);
    const braced = rest.startsWith('{');
    const name = NAME.exec(braced ? rest.slice(1) : rest)?.[0];
    if (rest.startsWith('$')) {
      pieces.push('$');
      at = dollar + 2;
    } else if (name !== undefined && (!braced || rest[name.length + 1] === '}')) {
      pieces.push({ group: name });
      at = dollar + 1 + name.length + (braced ? 2 : 0);
    } else {
      pieces.push('$');
      at = dollar + 1;
    }
  }
  if (at < template.length) pieces.push(template.slice(at));
  return pieces;
}

/** `group` gives a group's text by number or name; an unknown or unmatched one is empty. */
export function expand(pieces: readonly Piece[], group: (name: string) => string): string {
  let text = '';
  for (const piece of pieces) text += typeof piece === 'string' ? piece : group(piece.group);
  return text;
}
