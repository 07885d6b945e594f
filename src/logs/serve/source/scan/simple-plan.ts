import type { BlockPlan, LineFilterStage } from '../../../query/query.ts';

/** Lines, or their number, as they are or by texts in them: a block takes some milliseconds, whatever is in it and whatever is looked for. */
export function isSimple({ stages, ...plan }: BlockPlan): boolean {
  const isCount = plan.kind === 'lines' || (plan.sampleKind === 'count' && !plan.unwrap);
  return isCount && stages.every((stage) => stage.kind === 'line_filter' && isOfTexts(stage));
}

function isOfTexts({ op, terms }: LineFilterStage): boolean {
  return (op === '|=' || op === '!=') && terms.every(({ isIp }) => !isIp);
}
