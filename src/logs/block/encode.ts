/** A further door: makes compact texts. Whoever reads them does without the modules for it. */
import { Reused, type Stretch } from '../../base/arena.ts';
import type { Lines } from './block.ts';
import { writeColumns } from './column-directory.ts';
import { Encoder } from './encoder.ts';
import { filterOf } from './filter-grams.ts';
import { limits } from './limits.ts';
import { collectValues, packColumns, packTemplateIds } from './pack-columns.ts';
import { planColumns } from './plan-columns.ts';
import { scanLines } from './scan-lines.ts';
import { sectionKinds, writeSections } from './sections.ts';

const COMPRESSION_LEVEL = 3;
/** A memory that has grown beyond this is given back after use. */
const keptBytesMax = 48 * 1024 * 1024;

/** Of this thread. */
const encoder = new Reused(() => new Encoder(), keptBytesMax);

/** The compact form of lines. Throws RangeError where there are more than `limits` allows, or one does not end with a newline. */
export function encodeCompact(lines: Lines, level = COMPRESSION_LEVEL): Buffer {
  if (lines.starts.length - 1 > limits.linesMax || lines.text.length > limits.textBytesMax)
    throw new RangeError('too much for one text');
  return encoder.use((using) => encode(using, lines, level));
}

function encode(using: Encoder, lines: Lines, level: number): Buffer {
  const scanned = scanLines(using, lines);
  const plan = planColumns(using, scanned);
  const values = collectValues(using, scanned, plan);
  const filter = filterOf(using, plan, values.columns);
  const ids = packTemplateIds(using, values.numbersAt, scanned.lineCount, plan.templateCount);
  const { entries, chunks } = packColumns(using, values.columns);
  const view = ({ at, bytes }: Stretch) => using.arena.bytes(at, bytes);
  const sections = [
    { kind: sectionKinds.filter, bytes: view(filter.grams) },
    { kind: sectionKinds.shortRuns, bytes: view(filter.shorts) },
    { kind: sectionKinds.columns, bytes: writeColumns(entries) },
    { kind: sectionKinds.templates, bytes: view(plan.section) },
    { kind: sectionKinds.ids, bytes: view(ids) },
    ...chunks.map((chunk) => ({ kind: sectionKinds.chunk, bytes: view(chunk) })),
  ];
  return writeSections(scanned.lineCount, lines.text.length, sections, level);
}
