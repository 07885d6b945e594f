import type { Nanos } from '../../../base/nanotime.ts';
import { compileMatcher, type LabelRecord, type Matcher } from '../../query/query.ts';
import type { Instance, InstanceFilter, LogStore, Scope } from '../../store/store.ts';
import { type Output, outputs, streamLabels } from './stream-labels.ts';

/** An instance of which at least one output is selected. */
export interface SelectedInstance {
  instance: Instance;
  streams: { output: Output; labels: LabelRecord }[];
}

export interface Selection {
  scope: Scope;
  matchers: readonly Matcher[];
  sinceNs?: Nanos;
  /** Exclusive. */
  untilNs?: Nanos;
  /** Also instances of which nothing but gaps may be in the range. */
  withGaps?: boolean;
}

/** Labels that the store itself looks for. */
const filterOf = { namespace: 'namespace', pod: 'pod', container: 'container' } as const;

/** Instances with lines, or maybe with lines, in the range, whose labels match; no block is opened. */
export function selectInstances(store: LogStore, selection: Selection): SelectedInstance[] {
  const { scope, matchers, sinceNs, untilNs } = selection;
  const filter: InstanceFilter = {
    ...(sinceNs !== undefined && { since: sinceNs }),
    ...(untilNs !== undefined && { until: untilNs }),
  };
  for (const { name, op, value } of matchers) {
    if (op === '=' && value !== '' && Object.hasOwn(filterOf, name)) filter[name as keyof typeof filterOf] = value;
  }
  const select = selectsInstance(matchers);
  const selected: SelectedInstance[] = [];
  for (const instance of store.instances(scope, filter)) {
    const isGapped = selection.withGaps && instance.gaps.length > 0;
    if (!isGapped && !hasLines(instance, sinceNs)) continue;
    const found = select(instance);
    if (found) selected.push(found);
  }
  return selected;
}

/** Tells which outputs of an instance match, if any. */
export function selectsInstance(matchers: readonly Matcher[]): (instance: Instance) => SelectedInstance | undefined {
  const tests = matchers.map((matcher) => ({ name: matcher.name, matches: compileMatcher(matcher) }));
  return (instance) => {
    const streams = outputs
      .map((output) => ({ output, labels: streamLabels(instance, output) }))
      .filter(({ labels }) => tests.every(({ name, matches }) => matches(labels[name] ?? '')));
    return streams.length > 0 ? { instance, streams } : undefined;
  };
}

/** The store keeps those that still run in its answer, whenever their last line was. */
function hasLines({ lastTime }: Instance, sinceNs: Nanos | undefined): boolean {
  return lastTime !== null && (sinceNs === undefined || lastTime >= sinceNs);
}
