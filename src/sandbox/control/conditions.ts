/** Conditions of a status: at most one of each type. */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastUpdateTime?: string;
}

export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * The conditions with this one set. The time of transition changes with the status only; a condition that says the same as before
 * stays as it is.
 */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  next: Condition & { lastTransitionTime: string },
): Condition[] {
  const before = conditionOf(conditions, next.type);
  if (before && before.status === next.status && before.reason === next.reason && before.message === next.message) {
    return [...conditions!];
  }
  const since = before?.status === next.status ? before.lastTransitionTime : next.lastTransitionTime;
  const changed = { ...next, ...(since === undefined ? {} : { lastTransitionTime: since }) };
  return [...(conditions ?? []).filter((condition) => condition.type !== next.type), changed];
}

export function withoutCondition(conditions: readonly Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
