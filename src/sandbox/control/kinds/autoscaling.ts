import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { FieldError } from '../../../kubernetes/schema/schema.ts';
import { ageColumn, nameColumn } from '../../../kubernetes/serve/serve.ts';
import { column, defineKind, invalidValue, required } from './kind.ts';

interface Amounts {
  value?: string;
  averageValue?: string;
  averageUtilization?: number;
}

interface MetricSource extends Record<string, unknown> {
  name?: string;
  target?: Amounts & { type?: string };
  current?: Amounts;
}

type Metric = { type: string } & Record<string, MetricSource | undefined>;

export const horizontalPodAutoscalers = defineKind({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  hasStatus: true,
  columns: [
    nameColumn,
    column('Reference', 'string', 'What it scales.', ({ spec }) => {
      const { kind = '', name = '' } = spec?.scaleTargetRef ?? {};
      return `${kind}/${name}`;
    }),
    column('Targets', 'string', 'Each metric, and where it is wanted.', targetsOf),
    column('MinPods', 'string', 'Never fewer.', ({ spec }) => String(spec?.minReplicas ?? '<unset>')),
    column('MaxPods', 'string', 'Never more.', ({ spec }) => String(spec?.maxReplicas ?? 0)),
    column('Replicas', 'string', 'How many there are.', ({ status }) => String(status?.currentReplicas ?? 0)),
    ageColumn,
  ],
  prepare(autoscaler) {
    autoscaler.status = { desiredReplicas: 0, currentMetrics: null };
  },
  validate,
});

const shownMax = 2;

function targetsOf({ spec, status }: KubeObject): string {
  const metrics: Metric[] = spec?.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const texts = metrics.map((metric, index) => targetOf(metric, status?.currentMetrics?.[index]));
  const more = texts.length > shownMax ? ` + ${texts.length - shownMax} more...` : '';
  return `${texts.slice(0, shownMax).join(', ')}${more}`;
}

/** `cpu: 12%/80%`, `3/10 (avg)` */
function targetOf(metric: Metric, seen: Metric | undefined): string {
  const field = fieldOf(metric.type);
  const source = metric[field];
  if (!source) return '<unknown type>';
  const { target = {} } = source;
  const { current = {} } = seen?.[field] ?? {};
  const label = field === 'resource' || field === 'containerResource' ? `${source.name}: ` : '';
  if (target.averageValue !== undefined) {
    const average = field === 'object' || field === 'external' ? ' (avg)' : '';
    return `${label}${current.averageValue ?? '<unknown>'}/${target.averageValue}${average}`;
  }
  if (label === '') return `${current.value ?? '<unknown>'}/${target.value ?? ''}`;
  const percent = (share: number | undefined, otherwise: string) => (share === undefined ? otherwise : `${share}%`);
  return `${label}${percent(current.averageUtilization, '<unknown>')}/${percent(target.averageUtilization, '<auto>')}`;
}

const fieldOf = (type = '') => `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`;
const types = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

function validate({ spec = {} }: KubeObject): FieldError[] {
  const { scaleTargetRef = {}, minReplicas = 1, maxReplicas = 0, metrics = [] } = spec;
  const errors: FieldError[] = [];
  if (!scaleTargetRef.kind) errors.push(required('spec.scaleTargetRef.kind'));
  if (!scaleTargetRef.name) errors.push(required('spec.scaleTargetRef.name'));
  if (minReplicas < 1) errors.push(invalidValue('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  if (maxReplicas < 1) errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (maxReplicas < minReplicas)
    errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  return [
    ...errors,
    ...(metrics as Metric[]).flatMap((metric, index) => metricErrors(metric, `spec.metrics[${index}]`)),
  ];
}

function metricErrors(metric: Metric, path: string): FieldError[] {
  if (!types.includes(metric.type)) {
    const supported = types.map((type) => JSON.stringify(type)).join(', ');
    const message = `Unsupported value: ${JSON.stringify(metric.type)}: supported values: ${supported}`;
    return [{ field: `${path}.type`, reason: 'FieldValueNotSupported', message }];
  }
  const field = fieldOf(metric.type);
  const target = metric[field]?.target;
  if (!target) return [required(`${path}.${field}`, `must populate information for the given metric source`)];
  const { type = '', value, averageValue, averageUtilization } = target;
  const held = { Utilization: averageUtilization, Value: value, AverageValue: averageValue }[type];
  if (held !== undefined) return [];
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    return [invalidValue(`${path}.${field}.target.type`, type, 'must be either Utilization, Value, or AverageValue')];
  return [required(`${path}.${field}.target.${fieldOf(type === 'Utilization' ? 'AverageUtilization' : type)}`)];
}
