import type { Stage } from '../syntax/ast.ts';

/** What a template calls to see the line. */
const lineFunction = '__line__';

/**
 * Without the stages that write a line that nobody reads: of lines that are counted, or give the number of a label, a `line_format` that
 * no filter and no parser follows changes nothing. As in Loki, its template is then never run, and cannot fail.
 */
export function withoutUnreadLines(stages: readonly Stage[]): Stage[] {
  const kept: Stage[] = [];
  let isRead = false;
  for (const stage of stages.toReversed()) {
    if (!isRead && (stage.kind === 'line_format' || stage.kind === 'decolorize')) continue;
    kept.push(stage);
    isRead ||= readsLine(stage);
  }
  return kept.reverse();
}

function readsLine(stage: Stage): boolean {
  switch (stage.kind) {
    case 'label_filter':
    case 'drop':
    case 'keep':
      return false;
    case 'label_format':
      return stage.formats.some((format) => 'template' in format && format.template.includes(lineFunction));
  }
  return true;
}
