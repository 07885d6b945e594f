import { messageOf } from '../../../base/fault.ts';
import { compilePattern } from '../../query/query.ts';
import { type RelabelRule, relabelActions, relabelDefaults } from '../relabel/relabel.ts';
import type { Section } from './section.ts';

const withTarget = new Set(['replace', 'hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal']);

export function readRelabel(parent: Section, key: string): RelabelRule[] {
  return parent.sections(key).map(readRule);
}

function readRule(section: Section): RelabelRule {
  const action = section.text('action', relabelDefaults.action).toLowerCase();
  const known = relabelActions.find((name) => name === action);
  if (!known) throw section.wrong('action', `is ${JSON.stringify(action)}; allowed are ${relabelActions.join(', ')}`);
  const rule: RelabelRule = {
    action: known,
    sourceLabels: section.texts('source_labels'),
    separator: section.text('separator', relabelDefaults.separator),
    regex: section.text('regex', relabelDefaults.regex),
    modulus: section.count('modulus'),
    targetLabel: section.text('target_label'),
    replacement: section.text('replacement', relabelDefaults.replacement),
  };
  section.done();
  check(section, rule);
  return rule;
}

/** What Prometheus refuses too. */
function check(section: Section, rule: RelabelRule): void {
  const { action } = rule;
  if (rule.sourceLabels.includes('')) throw section.wrong('source_labels', 'has an empty name');
  if (action === 'hashmod' && rule.modulus === 0) throw section.wrong('modulus', 'must be above 0 for hashmod');
  if (withTarget.has(action) && rule.targetLabel === '') throw section.wrong('target_label', `is needed for ${action}`);
  if (action === 'labelmap' && rule.replacement === '')
    throw section.wrong('replacement', 'must not be empty for labelmap');
  const only = (allowed: readonly (keyof RelabelRule)[]) => {
    const extra = (Object.keys(relabelDefaults) as (keyof typeof relabelDefaults)[]).find(
      (name) => name !== 'action' && !allowed.includes(name) && rule[name] !== relabelDefaults[name],
    );
    if (extra || (!allowed.includes('sourceLabels') && rule.sourceLabels.length > 0))
      throw section.wrong('action', `${action} takes no other keys than ${allowed.map(keyOf).join(', ')}`);
  };
  if (action === 'keepequal' || action === 'dropequal') only(['sourceLabels', 'targetLabel']);
  if (action === 'labeldrop' || action === 'labelkeep') only(['regex']);
  if ((action === 'lowercase' || action === 'uppercase') && rule.replacement !== relabelDefaults.replacement)
    throw section.wrong('replacement', `has no meaning for ${action}`);
  try {
    compilePattern(rule.regex);
  } catch (error) {
    throw section.wrong('regex', `is not a regular expression: ${messageOf(error)}`);
  }
}

function keyOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
