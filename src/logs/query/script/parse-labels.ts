import { unquote } from '../text/quoted.ts';

const PAIR = /\s*([A-Za-z_]\w*)\s*=\s*("(?:[^"\\]|\\.)*"|`[^`]*`)\s*(,|(?=\}))/y;

/** Labels at the beginning of a text, and what follows behind them and one space. Throws an Error. */
export function parseLabels(text: string): { labels: Record<string, string>; rest: string } {
  if (!text.startsWith('{')) throw new Error(`labels in braces are expected: ${text}`);
  const labels: Record<string, string> = {};
  let at = 1;
  for (;;) {
    PAIR.lastIndex = at;
    const pair = PAIR.exec(text);
    if (pair === null) break;
    labels[pair[1]!] = unquote(pair[2]!) ?? '';
    at = PAIR.lastIndex;
  }
  const end = /\s*\}/y;
  end.lastIndex = at;
  if (!end.test(text)) throw new Error(`labels are not closed, or not as name="value": ${text}`);
  return { labels, rest: text.slice(end.lastIndex).replace(/^ /, '') };
}
