import type { Nanos } from '../../../base/nanotime.ts';
import { compileMatcher, type LabelRecord, type Matcher, provenanceLabel } from '../../query/query.ts';
import type { Instance, InstanceFilter, LogStore, PushedFilter, PushedStream, Scope } from '../../store/store.ts';
import { type Output, outputs, pushedLabels, streamLabels } from './stream-labels.ts';

/** An instance of which at least one output is selected. */
export interface SelectedInstance {
  instance: Instance;
  streams: readonly { output: Output; labels: LabelRecord }[];
}

export interface Selection {
  scope: Scope;
  matchers: readonly Matcher[];
  sinceNs?: Nanos;
  /** Exclusive. */
  untilNs?: Nanos;
  /** Also instances of which nothing but gaps may be in the range. */
  withGaps?: boolean;
  /** What was pushed need not come by id. */
  isInAnyOrder?: boolean;
  /** Only what agents read. */
  isPushedLeftOut?: boolean;
}

/** What agents read and what was pushed, side by side. */
export interface SelectedStreams {
  instances: SelectedInstance[];
  pushed: PushedStream[];
}

/** Labels that the store itself looks for. */
const filterOf = { namespace: 'namespace', pod: 'pod', container: 'container' } as const;

/** Streams with lines in the range, as far as their first and last one tell, whose labels match; no block is opened. */
export function selectStreams(store: LogStore, selection: Selection): SelectedStreams {
  const { matchers, sinceNs, untilNs } = selection;
  const range = {
    ...(sinceNs !== undefined && { since: sinceNs }),
    ...(untilNs !== undefined && { until: untilNs }),
  };
  const pushed = selection.isPushedLeftOut ? [] : selectPushed(store, selection).map(marked);
  return { instances: selectInstances(store, selection, { ...range, ...equalities(matchers) }), pushed };
}

/** With the labels that they were pushed with: for what asks of many streams a little. */
export function selectPushed(store: LogStore, selection: Selection): PushedStream[] {
  return store.pushedStreams(selection.scope, pushedFilter(selection));
}

/** Those labels alone, each stream's once whichever of the selections it is in. */
export function selectPushedLabels(store: LogStore, selections: readonly Selection[]): LabelRecord[] {
  const found = selections.map((selection) => store.pushedLabels(selection.scope, pushedFilter(selection)));
  return found.length === 1 ? found[0]! : [...new Set(found.flat())];
}

function pushedFilter({ matchers, sinceNs, untilNs, isInAnyOrder = false }: Selection): PushedFilter {
  const matches = matchesLabels(matchers);
  const isMarkAsked = matchers.some(({ name }) => name === provenanceLabel);
  return {
    ...(sinceNs !== undefined && { since: sinceNs }),
    ...(untilNs !== undefined && { until: untilNs }),
    isInAnyOrder,
    ...(matchers.length > 0 && { wants: isMarkAsked ? (labels) => matches(pushedLabels(labels)) : matches }),
  };
}

function marked(stream: PushedStream): PushedStream {
  const labels = pushedLabels(stream.labels);
  return labels === stream.labels ? stream : { ...stream, labels };
}

function equalities(matchers: readonly Matcher[]): InstanceFilter {
  const filter: InstanceFilter = {};
  for (const { name, op, value } of matchers) {
    if (op === '=' && value !== '' && Object.hasOwn(filterOf, name)) filter[name as keyof typeof filterOf] = value;
  }
  return filter;
}

function selectInstances(store: LogStore, selection: Selection, filter: InstanceFilter): SelectedInstance[] {
  const { scope, matchers, sinceNs, withGaps } = selection;
  const select = selectsInstance(matchers);
  const selected: SelectedInstance[] = [];
  for (const instance of store.instances(scope, filter)) {
    const isGapped = withGaps && instance.gaps.length > 0;
    if (!isGapped && !hasLines(instance, sinceNs)) continue;
    const found = select(instance);
    if (found) selected.push(found);
  }
  return selected;
}

/** Tells which outputs of an instance match, if any. */
export function selectsInstance(matchers: readonly Matcher[]): (instance: Instance) => SelectedInstance | undefined {
  const matches = matchesLabels(matchers);
  return (instance) => {
    const streams = outputs
      .map((output) => ({ output, labels: streamLabels(instance, output) }))
      .filter(({ labels }) => matches(labels));
    return streams.length > 0 ? { instance, streams } : undefined;
  };
}

export function matchesLabels(matchers: readonly Matcher[]): (labels: LabelRecord) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, matches: compileMatcher(matcher) }));
  return (labels) => tests.every(({ name, matches }) => matches(Object.hasOwn(labels, name) ? labels[name]! : ''));
}

/** The store keeps those that still run in its answer, whenever their last line was. */
function hasLines({ lastTime }: Instance, sinceNs: Nanos | undefined): boolean {
  return lastTime !== null && (sinceNs === undefined || lastTime >= sinceNs);
}
