import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { labelSelectorOf } from '../../../kubernetes/selector/selector.ts';
import { ageColumn, nameColumn } from '../../../kubernetes/serve/serve.ts';
import { column, defineKind, invalidValue } from './kind.ts';

const orNone = (value: number | string | undefined) => (value === undefined ? 'N/A' : String(value));

export const podDisruptionBudgets = defineKind({
  group: 'policy',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  hasStatus: true,
  generation: true,
  columns: [
    nameColumn,
    column('Min Available', 'string', 'Pods that have to stay.', ({ spec }) => orNone(spec?.minAvailable)),
    column('Max Unavailable', 'string', 'Pods that may be away.', ({ spec }) => orNone(spec?.maxUnavailable)),
    column(
      'Allowed Disruptions',
      'integer',
      'Pods that may be sent away now.',
      ({ status }) => status?.disruptionsAllowed ?? 0,
    ),
    ageColumn,
  ],
  prepare(budget) {
    budget.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  validate(budget) {
    const { minAvailable, maxUnavailable, selector } = budget.spec ?? {};
    const errors = [
      ...amountErrors('spec.minAvailable', minAvailable),
      ...amountErrors('spec.maxUnavailable', maxUnavailable),
    ];
    if (minAvailable !== undefined && maxUnavailable !== undefined)
      errors.push(invalidValue('spec', budgetOf(budget), 'minAvailable and maxUnavailable cannot be both set'));
    if (selector && !labelSelectorOf(selector))
      errors.push(invalidValue('spec.selector', selector, 'invalid label selector'));
    return errors;
  },
});

const budgetOf = ({ spec }: KubeObject) => ({ minAvailable: spec.minAvailable, maxUnavailable: spec.maxUnavailable });

function amountErrors(field: string, amount: number | string | undefined) {
  if (amount === undefined) return [];
  if (typeof amount === 'number')
    return amount >= 0 ? [] : [invalidValue(field, amount, 'must be greater than or equal to 0')];
  if (!/^\d{1,9}%$/.test(amount))
    return [
      invalidValue(
        field,
        amount,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ),
    ];
  return Number.parseInt(amount, 10) > 100 ? [invalidValue(field, amount, 'must not be greater than 100%')] : [];
}
