import type { FailingWindow } from '../../shared/db/queries/endpoint-health.ts';
import type { FailingMeasure } from '../../shared/db/queries/maintenance-dues.ts';
import { failingPercents } from '../../shared/events/families/operation.ts';

const hourMs = 3_600_000;

/** S-077: ten deliveries that failed, and none that arrived, within 72 hours disable an endpoint. */
export const failingMeasure = {
  windowMs: 72 * hourMs,
  failuresMax: 10,
  steps: failingPercents,
} as const satisfies FailingMeasure;

export const failingWindowHours = failingMeasure.windowMs / hourMs;

export type FailingDecision =
  | { readonly kind: 'none' }
  /** Its owner is told, once a step. */
  | { readonly kind: 'tell'; readonly percent: number }
  /** The last step: its owner is told, and it is disabled. */
  | { readonly kind: 'disable' };

/** Decides on an endpoint by how it has fared. One that its owner paused or disabled is left alone. */
export function judgeFailing(window: FailingWindow): FailingDecision {
  if (window.status !== 'active' || window.hasDelivered) return { kind: 'none' };
  const { steps, failuresMax } = failingMeasure;
  const percent = steps.findLast((step) => window.failures * 100 >= step * failuresMax) ?? 0;
  if (percent <= window.toldPercent) return { kind: 'none' };
  return percent === steps.at(-1) ? { kind: 'disable' } : { kind: 'tell', percent };
}
