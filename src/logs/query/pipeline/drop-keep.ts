import { compileMatcher } from '../labels/matcher.ts';
import type { NamedMatcher } from '../syntax/ast.ts';
import { errorDetailsLabel, errorLabel, preserveErrorLabel } from './line-labels.ts';
import type { StageRun } from './stage.ts';

interface Chosen {
  name: string;
  matches: (value: string) => boolean;
  hasMatcher: boolean;
}

function chosen(labels: readonly NamedMatcher[]): Chosen[] {
  return labels.map((label) => {
    const hasMatcher = 'op' in label;
    return { name: label.name, hasMatcher, matches: hasMatcher ? compileMatcher(label) : () => true };
  });
}

/** `| drop`: also takes an error away. */
export function compileDrop(list: readonly NamedMatcher[]): StageRun {
  const all = chosen(list);
  return ({ labels }) => {
    for (const { name, matches, hasMatcher } of all) {
      if (name === errorLabel) {
        if (matches(labels.error)) labels.error = '';
      } else if (name === errorDetailsLabel) {
        if (matches(labels.errorDetails)) labels.errorDetails = '';
      } else {
        const value = labels.get(name);
        if ((value !== undefined || hasMatcher) && matches(value ?? '')) labels.delete(name);
      }
    }
    return true;
  };
}

/** `| keep`: errors stay. */
export function compileKeep(list: readonly NamedMatcher[]): StageRun {
  const all = chosen(list);
  const special = new Set([errorLabel, errorDetailsLabel, preserveErrorLabel]);
  return ({ labels }) => {
    for (const name of [...labels.names()]) {
      if (special.has(name)) continue;
      const value = labels.get(name)!;
      if (!all.some((one) => one.name === name && one.matches(value))) labels.delete(name);
    }
    return true;
  };
}
