import assert from 'node:assert/strict';
import test from 'node:test';
import { memorySource, openCompact } from './block.ts';
import { encodeCompact } from './encode.ts';
import { limits } from './limits.ts';

/* What lines can be made of to cost much. Each comes back, is found, and takes little more room than it had. */

let state = 1;
function random(below: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

function letters(count: number): string {
  return Array.from({ length: count }, () => String.fromCharCode(0x61 + random(26))).join('');
}

const forms: Record<string, (i: number) => string> = {
  'each line of a template of its own': () => `${letters(8)} ${letters(5)}`,
  'each word a value that occurs once': () => Array.from({ length: 8 }, () => letters(4) + random(1e6)).join(' '),
  'as many holes as there may be': () => Array.from({ length: limits.lineHolesMax }, () => random(1e4)).join(' '),
  'each hole in a context of its own': () => `${letters(6)}=${random(1e6)} ${letters(6)}=${random(1e6)}`,
  'lines that begin and end alike': () => `x${letters(6)}x`,
  'empty lines': () => '',
};

for (const [name, form] of Object.entries(forms)) {
  test(name, () => {
    const lines = Array.from({ length: limits.templatesMax + 2000 }, (_, i) =>
      i % 3 === 0 || name.startsWith('each line') ? form(i) : 'the same',
    );
    const text = Buffer.from(`${lines.join('\n')}\n`);
    const starts = new Uint32Array(lines.length + 1);
    for (const [i, line] of lines.entries()) starts[i + 1] = starts[i]! + line.length + 1;
    const bytes = encodeCompact({ text, starts });
    assert.ok(bytes.length < text.length + 64 * 1024, `${bytes.length} bytes of ${text.length}`);
    const compact = openCompact(memorySource(bytes));
    assert.ok(compact.all().text.equals(text));
    const last = lines.at(-1)!;
    assert.deepEqual(
      [...compact.seek({ text: last, ignoreCase: false }).marks()],
      lines.map((line) => (line.includes(last) ? 1 : 0)),
    );
  });
}

test('more than one text may hold is refused', () => {
  const starts = new Uint32Array(limits.linesMax + 2).map((_, i) => i);
  assert.throws(() => encodeCompact({ text: Buffer.alloc(limits.linesMax + 1, '\n'), starts }), RangeError);
});
