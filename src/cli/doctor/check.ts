import { messageOf } from '../../base/fault.ts';
import { ApiError } from '../../kubernetes/client/status.ts';

export type Outcome = 'ok' | 'warning' | 'broken' | 'not-checked';

/** One line of the report. */
export interface Finding {
  check: string;
  title: string;
  outcome: Outcome;
  says: string;
  /** What else is known of it, a sentence each. */
  details: string[];
  /** What mends it: commands, and lines for a manifest; the first is the one to try first. */
  fixes: string[];
}

export type Result = Omit<Finding, 'check' | 'title'> & { title?: string };

export interface Check<C> {
  id: string;
  title: string;
  /** Without these it makes no sense. Each stands before it in the list. */
  after: readonly string[];
  /** One finding, or one for each of several things. What it throws is a finding too. */
  run(context: C, signal: AbortSignal): Promise<Result | Result[]>;
}

export const ok = (says: string, details: string[] = []): Result => ({ outcome: 'ok', says, details, fixes: [] });
export const warning = (says: string, fixes: string[], details: string[] = []): Result => ({
  outcome: 'warning',
  says,
  details,
  fixes,
});
export const broken = (says: string, fixes: string[], details: string[] = []): Result => ({
  outcome: 'broken',
  says,
  details,
  fixes,
});
export const notChecked = (says: string): Result => ({ outcome: 'not-checked', says, details: [], fixes: [] });

/**
 * Runs each check as soon as those that it comes after are done, and gives the findings in the order of the list. What comes after
 * something broken is not checked: its answer would only repeat the cause.
 */
export async function* examine<C>(checks: readonly Check<C>[], context: C, timeoutMs: number): AsyncGenerator<Finding> {
  const running = new Map<string, Promise<Finding[]>>();
  for (const check of checks) {
    const before = check.after.map((id) => running.get(id)!);
    running.set(check.id, runAfter(check, before, context, timeoutMs));
  }
  for (const found of running.values()) yield* await found;
}

async function runAfter<C>(
  check: Check<C>,
  before: readonly Promise<Finding[]>[],
  context: C,
  timeoutMs: number,
): Promise<Finding[]> {
  const { id, title } = check;
  const obstacle = (await Promise.all(before)).flat().find(isObstacle);
  const results = obstacle ? notChecked(`${blockedBy}${causeOf(obstacle)}`) : await attempt(check, context, timeoutMs);
  return [results].flat().map((result) => ({ check: id, title, ...result }));
}

const blockedBy = 'broken before it: ';

function isObstacle({ outcome, says }: Finding): boolean {
  return outcome === 'broken' || (outcome === 'not-checked' && says.startsWith(blockedBy));
}

/** The first in the chain, not the one that it was passed on by. */
function causeOf({ title, outcome, says }: Finding): string {
  return outcome === 'broken' ? title : says.slice(blockedBy.length);
}

async function attempt<C>(check: Check<C>, context: C, timeoutMs: number): Promise<Result | Result[]> {
  const signal = AbortSignal.timeout(timeoutMs);
  const late = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), { once: true }),
  );
  try {
    return await Promise.race([check.run(context, signal), late]);
  } catch (error) {
    if (error instanceof ApiError && error.code === 403) return notChecked(`you may not: ${error.message}`);
    return broken(messageOf(error), []);
  }
}
