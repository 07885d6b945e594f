import type { Clock } from '../../base/clock.ts';
import {
  type Answer,
  type ApiRequest,
  type ApiVersion,
  attributesOf,
  methodNotAllowed,
  type ResourceInfo,
  unknownPath,
  verbNotSupported,
} from '../../kubernetes/serve/serve.ts';
import type { MetricsRegistry } from '../../telemetry/telemetry.ts';
import type { NodeMetrics, PodMetrics, ResourceMetrics } from '../resources.ts';
import { AnswerBudget } from './answer-budget.ts';
import { group, type Kind, version } from './form.ts';
import { formAnswer } from './form-answer.ts';
import { formOf } from './form-choice.ts';
import { missingNode, missingPod } from './missing.ts';
import { worded } from './pages.ts';
import { PodHeads } from './pod-heads.ts';
import { isSelected, parseSelection } from './selection.ts';
import { inSlices } from './slices.ts';

export interface MetricsVersionOptions {
  metrics: ResourceMetrics;
  registry: MetricsRegistry;
  clock: Clock;
  /** Of lists that clients have not taken yet, all together; beyond it others are answered with 429. */
  answerBytesMax?: number;
}

const answerBytesMaxDefault = 256 * 1024 * 1024;

const infos: readonly ResourceInfo[] = (['nodes', 'pods'] as const).map((plural) => ({
  group,
  version,
  kind: plural === 'nodes' ? 'NodeMetrics' : 'PodMetrics',
  plural,
  singular: '',
  shortNames: [],
  categories: [],
  namespaced: plural === 'pods',
  verbs: ['get', 'list'],
  subresources: [],
}));

interface Target {
  info: ResourceInfo;
  /** Empty: all. */
  namespace: string;
  /** Empty: a list. */
  name: string;
}

interface Serving {
  metrics: ResourceMetrics;
  clock: Clock;
  budget: AnswerBudget;
  heads: PodHeads;
}

/** metrics.k8s.io/v1beta1. */
export function createMetricsVersion({
  metrics,
  registry,
  clock,
  answerBytesMax = answerBytesMaxDefault,
}: MetricsVersionOptions): ApiVersion {
  const serving = { metrics, clock, budget: new AnswerBudget(answerBytesMax), heads: new PodHeads() };
  const answers = registry.counter('taffrail_resource_metrics_answers_total', 'Answers of the Metrics API');
  registry.observe(
    'taffrail_resource_metrics_answer_bytes',
    'Bytes of lists that clients have not taken yet',
    () => serving.budget.heldBytes,
  );
  return {
    group,
    version,
    resources: () => infos,
    handle: async (request) => {
      const attributes = attributesOf(request, { group, version });
      await request.authorize(attributes);
      const target = targetOf(request.rest);
      const { verb } = attributes;
      if (verb === 'watch') throw verbNotSupported(target.info, verb);
      if (verb !== 'get' && verb !== 'list') throw methodNotAllowed();
      const answer = target.name === '' ? list(serving, request, target) : one(serving, request, target);
      answers.add(1, { resource: target.info.plural, verb });
      return answer;
    },
  };
}

/** Throws 404 for a path that is none of ours. */
function targetOf(rest: readonly string[]): Target {
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2;
  const [plural, name = '', ...more] = inNamespace ? rest.slice(2) : rest;
  const info = infos.find((each) => each.plural === plural);
  if (!info || more.length > 0 || (inNamespace && !info.namespaced)) throw unknownPath();
  if (info.namespaced && name !== '' && !inNamespace) throw unknownPath();
  return { info, namespace: inNamespace ? rest[1]! : '', name };
}

function one({ metrics, clock, heads }: Serving, request: ApiRequest, { info, namespace, name }: Target): Answer {
  // What /debug/why says, where the API server's aggregation layer leads to.
  if (request.query.has('why')) {
    const why = info.namespaced ? metrics.whyPod(namespace, name) : metrics.whyNode(name);
    return { code: 200, object: worded(why) };
  }
  const nowMs = clock.nowMs();
  const item = info.namespaced ? metrics.pod(namespace, name) : metrics.node(name);
  if (!item) throw info.namespaced ? missingPod(metrics, namespace, name) : missingNode(metrics, name);
  const form = formOf(request, info.kind as Kind, { nowMs, isList: false, heads });
  form.add(item);
  const pieces = form.end();
  return { code: 200, body: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces), contentType: form.contentType };
}

/** Written in slices, each item as it is when it is reached. */
function list({ metrics, clock, budget, heads }: Serving, request: ApiRequest, { info, namespace }: Target): Answer {
  budget.admit();
  const selection = parseSelection(request.query);
  const form = formOf(request, info.kind as Kind, { nowMs: clock.nowMs(), isList: true, heads });
  return formAnswer(form, budget, (pause) =>
    budget.inTurn(() => {
      const items = info.namespaced ? metrics.pods(namespace === '' ? undefined : namespace) : metrics.nodes();
      return inSlices<PodMetrics | NodeMetrics>(
        items,
        (item) => isSelected(selection, item) && form.add(item),
        pause,
        clock,
      );
    }),
  );
}
