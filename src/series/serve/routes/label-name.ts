/** Label names that do not fit into a URL's path come escaped: `U__` and then `_xx_` for a character, `__` for an underscore. */
export function unescapeLabelName(name: string): string {
  if (!name.startsWith('U__')) return name;
  let text = '';
  let at = 3;
  while (at < name.length) {
    if (name[at] !== '_') {
      text += name[at++];
    } else if (name[at + 1] === '_') {
      text += '_';
      at += 2;
    } else {
      const end = name.indexOf('_', at + 1);
      const code = end < 0 ? '' : name.slice(at + 1, end);
      const point = /^[0-9a-fA-F]{1,6}$/.test(code) ? Number.parseInt(code, 16) : Number.NaN;
      // What is not an escape after all is taken as it stands, whole.
      if (!(point <= 0x10ffff) || (point >= 0xd800 && point <= 0xdfff)) return name;
      text += String.fromCodePoint(point);
      at = end + 1;
    }
  }
  return text;
}
