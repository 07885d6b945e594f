import { type Condition, withCondition } from '../conditions.ts';

/** What an attempt at emptying a namespace has found. */
export interface Emptying {
  /** By group and version, why it could not be discovered. */
  failures: ReadonlyMap<string, string>;
  /** By `resource.group`, how many objects are left. */
  left: ReadonlyMap<string, number>;
  /** By finalizer, how many objects it holds. */
  held: ReadonlyMap<string, number>;
}

interface Outcome {
  reason: string;
  message: string;
}

/** The conditions of a namespace that is being deleted, as Kubernetes words them. */
export function emptyingConditions(
  before: readonly Condition[] | undefined,
  { failures, left, held }: Emptying,
  now: string,
): Condition[] {
  const outcomes: [type: string, trouble: Outcome | undefined, fine: Outcome][] = [
    [
      'NamespaceDeletionDiscoveryFailure',
      failures.size > 0
        ? {
            reason: 'DiscoveryFailed',
            message: `Discovery failed for some groups, ${failures.size} failing: ${listed(failures)}`,
          }
        : undefined,
      { reason: 'ResourcesDiscovered', message: 'All resources successfully discovered' },
    ],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      undefined,
      { reason: 'ParsedGroupVersions', message: 'All legacy kube types successfully parsed' },
    ],
    [
      'NamespaceDeletionContentFailure',
      undefined,
      { reason: 'ContentDeleted', message: 'All content successfully deleted, may be waiting on finalization' },
    ],
    [
      'NamespaceContentRemaining',
      left.size > 0
        ? {
            reason: 'SomeResourcesRemain',
            message: `Some resources are remaining: ${counted(left, (what, n) => `${what} has ${n} resource instances`)}`,
          }
        : undefined,
      { reason: 'ContentRemoved', message: 'All content successfully removed' },
    ],
    [
      'NamespaceFinalizersRemaining',
      held.size > 0
        ? {
            reason: 'SomeFinalizersRemain',
            message: `Some content in the namespace has finalizers remaining: ${counted(held, (what, n) => `${what} in ${n} resource instances`)}`,
          }
        : undefined,
      { reason: 'ContentHasNoFinalizers', message: 'All content-preserving finalizers finished' },
    ],
  ];
  return outcomes.reduce<Condition[]>(
    (conditions, [type, trouble, fine]) =>
      withCondition(conditions, {
        type,
        status: trouble ? 'True' : 'False',
        lastTransitionTime: now,
        ...(trouble ?? fine),
      }),
    [...(before ?? [])],
  );
}

function listed(failures: ReadonlyMap<string, string>): string {
  const each = [...failures].sort().map(([groupVersion, why]) => `${groupVersion}: ${why}`);
  return `unable to retrieve the complete list of server APIs: ${each.join(', ')}`;
}

function counted(map: ReadonlyMap<string, number>, print: (what: string, count: number) => string): string {
  return [...map]
    .map(([what, count]) => print(what, count))
    .sort()
    .join(', ');
}
