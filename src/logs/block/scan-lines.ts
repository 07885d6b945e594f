import type { Lines } from './block.ts';
import type { Encoder } from './encoder.ts';
import { limits } from './limits.ts';

/** How many numbers a template has a row of, and which is what. */
const templateRow = { numbers: 8, lineFrom: 1, lineTo: 2, holes: 4, lines: 5 } as const;
const TEMPLATE_SLOTS = 4 * limits.templatesMax;
const HOLE_BYTES = 4;
const MASK_BYTES = 16;
const MASK_TEXT_BYTES = 64;
/** Holes that there is room for at first, of each byte of text. */
const holesOfByte = 1 / 16;

/** Lines as scan-lines.as leaves them: addresses of text, starts, templates of lines, rows of templates, holes. */
export interface ScannedLines {
  lineCount: number;
  textAt: number;
  startsAt: number;
  linesAt: number;
  templatesAt: number;
  templateCount: number;
  /** Holes and bytes of one line of each template. */
  templateHoles: number;
  templateBytes: number;
  holesAt: number;
  wholeLines: number;
}

/** Finds templates and holes. Throws RangeError where a line does not end with a newline. */
export function scanLines(encoder: Encoder, { text, starts }: Lines): ScannedLines {
  const { arena, masks, scan } = encoder;
  const lineCount = starts.length - 1;
  const { templatesMax, lineHolesMax, templateLineBytesMax: lineBytesMax } = limits;
  const textAt = arena.room(text.length);
  const masksAt = arena.room(MASK_BYTES * (Math.ceil(text.length / MASK_TEXT_BYTES) + 1));
  const startsAt = arena.room(4 * starts.length);
  const linesAt = arena.room(4 * lineCount);
  const templatesAt = arena.room(4 * templateRow.numbers * templatesMax);
  const slotsAt = arena.zeros(2 * TEMPLATE_SLOTS);
  arena.bytes(textAt, text.length).set(text);
  arena.u32(startsAt, starts.length).set(starts);
  scan.set({ textAt, masksAt, startsAt, linesAt, templatesAt, slotsAt });
  scan.set({ templateCount: 0, templatesMax, lineHolesMax, lineBytesMax, wholeLines: 0 });
  masks.run.maskWords(textAt, text.length, masksAt);
  const holesAt = findHoles(encoder, lineCount, text.length);
  const [templateCount, wholeLines] = [scan.get('templateCount'), scan.get('wholeLines')];
  const measures = measureTemplates(arena.u32(templatesAt, templateRow.numbers * templateCount));
  return { lineCount, textAt, startsAt, linesAt, templatesAt, templateCount, ...measures, holesAt, wholeLines };
}

/** Gives where they are. */
function findHoles({ arena, scan }: Encoder, lineCount: number, textBytes: number): number {
  const lineRoom = HOLE_BYTES * (limits.lineHolesMax + 1);
  let room = HOLE_BYTES * Math.ceil(textBytes * holesOfByte) + lineRoom;
  const holesAt = arena.room(room);
  scan.set({ holesAt, holesEnd: holesAt + room });
  for (let line = 0; ; ) {
    line = scan.run.scan(line, lineCount, textBytes);
    const end = scan.get('holesAt');
    if (line === lineCount) {
      arena.shorten(end);
      return holesAt;
    }
    if (end + lineRoom <= holesAt + room) throw new RangeError(`line ${line} does not end with a newline`);
    room *= 2;
    arena.shorten(holesAt);
    arena.room(room);
    scan.set({ holesEnd: holesAt + room });
  }
}

function measureTemplates(rows: Uint32Array): { templateHoles: number; templateBytes: number } {
  let templateHoles = 0;
  let templateBytes = 0;
  for (let row = 0; row < rows.length; row += templateRow.numbers) {
    templateHoles += rows[row + templateRow.holes]!;
    templateBytes += rows[row + templateRow.lineTo]! - rows[row + templateRow.lineFrom]!;
  }
  return { templateHoles, templateBytes };
}

/** Templates in the order in which they are written: those with most lines first. */
export function inOrderOfUse({ arena }: Encoder, { templatesAt, templateCount }: ScannedLines): Uint32Array {
  const rows = arena.u32(templatesAt, templateRow.numbers * templateCount);
  // One number for both, so that the platform sorts numbers: lines are far fewer than 2^32, templates than 2^20.
  const keys = new Float64Array(templateCount);
  for (let i = 0; i < templateCount; i++) keys[i] = rows[i * templateRow.numbers + templateRow.lines]! * 2 ** 20 + i;
  return Uint32Array.from(keys.sort().reverse(), (key) => key % 2 ** 20);
}
