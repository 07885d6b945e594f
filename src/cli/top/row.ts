import { type Amounts, noAmounts, type PartialAmounts, sum, sumIfAllSet, sumOfSet } from './amounts.ts';
import type { PodUsage } from './metrics-api.ts';
import type { PodFacts } from './pod-facts.ts';

/** A line of any of the tables. */
export interface Row {
  namespace?: string;
  name: string;
  container?: string;
  /** Undefined: there are no figures of it. */
  usage: Amounts | undefined;
  /** Of nodes: what there is to be used. */
  available?: PartialAmounts;
  timestamp?: string;
  window?: string;
  /** Undefined: the caller may not see the pods, so requests, limits and all that is not usage is unknown. */
  facts: RowFacts | undefined;
}

export interface RowFacts {
  requests: PartialAmounts;
  limits: PartialAmounts;
  restarts: number;
  createdMs: number;
  /** Of what stands for several: pods with figures, and those of which figures are to be expected. */
  pods?: { served: number; expected: number };
}

/** A pod that there are figures of, or should be. */
export interface PodFigures {
  namespace: string;
  name: string;
  facts: PodFacts | undefined;
  figures: PodUsage | undefined;
}

export const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;

/** In the order of the figures; pods without any come last, in the order of the facts. */
export function joined(usages: readonly PodUsage[], facts: readonly PodFacts[] | undefined): PodFigures[] {
  const byKey = new Map((facts ?? []).map((each) => [keyOf(each.namespace, each.name), each]));
  const pods: PodFigures[] = usages.map((figures) => {
    const { namespace, name } = figures;
    const key = keyOf(namespace, name);
    const known = byKey.get(key);
    byKey.delete(key);
    return { namespace, name, facts: known, figures };
  });
  for (const each of byKey.values())
    pods.push({ namespace: each.namespace, name: each.name, facts: each, figures: undefined });
  return pods;
}

export function usageOf({ figures }: PodFigures): Amounts {
  return figures ? sum(figures.containers.map(({ usage }) => usage)) : noAmounts;
}

export function podRow(pod: PodFigures): Row {
  const { facts, figures } = pod;
  return {
    namespace: pod.namespace,
    name: pod.name,
    usage: figures && usageOf(pod),
    ...(figures ? { timestamp: figures.timestamp, window: figures.window } : {}),
    facts: facts && {
      requests: facts.requests,
      limits: facts.limits,
      restarts: facts.restarts,
      createdMs: facts.createdMs,
    },
  };
}

export function containerRows({ namespace, name, facts, figures }: PodFigures): Row[] {
  return (figures?.containers ?? []).map((container) => {
    const known = facts?.containers.get(container.name);
    return {
      namespace,
      name,
      container: container.name,
      usage: container.usage,
      timestamp: figures!.timestamp,
      window: figures!.window,
      facts: known && { ...known, createdMs: facts!.createdMs },
    };
  });
}

/** What the pods come to together, each of them once; the age is that of the oldest. */
export function groupFacts(pods: readonly PodFigures[]): RowFacts | undefined {
  const facts = pods.map((pod) => pod.facts);
  if (facts.length > 0 && facts.every((each) => each === undefined)) return undefined;
  const known = facts.filter((each) => each !== undefined);
  const holding = known.filter(({ holdsResources }) => holdsResources);
  return {
    requests: sumOfSet(holding.map(({ requests }) => requests)),
    limits: sumIfAllSet(holding.map(({ limits }) => limits)),
    restarts: known.reduce((restarts, each) => restarts + each.restarts, 0),
    createdMs: known.reduce((oldest, each) => Math.min(oldest, each.createdMs), Number.POSITIVE_INFINITY),
    pods: {
      served: pods.filter(({ figures }) => figures).length,
      expected: pods.filter(({ figures, facts }) => figures || facts?.isRunning).length,
    },
  };
}

/** Of the containers that have one: what a node has promised at most, as kubectl describes it. */
export function limitsSet(pods: readonly PodFigures[]): PartialAmounts {
  const holding = pods.filter(({ facts }) => facts?.holdsResources);
  return sumOfSet(holding.flatMap(({ facts }) => [...facts!.containers.values()].map(({ limits }) => limits)));
}

export function groupUsage(pods: readonly PodFigures[]): Amounts {
  return sum(pods.map(usageOf));
}
