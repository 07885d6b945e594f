import { formatGeneral } from '../../../base/go-float.ts';
import type { Position } from '../text/position.ts';
import type { Annotations } from './annotations.ts';

export function warnOfQuantile(annotations: Annotations, q: number, position: Position): void {
  if (q >= 0 && q <= 1) return;
  annotations.warn(`quantile value should be between 0 and 1, got ${formatGeneral(q)}`, position);
}
