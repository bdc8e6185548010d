import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { HandlerActivities, RunActionInput } from '../../activities/handler/contract.ts';
import type { ActionOutcome } from '../../shared/domain/outcome.ts';

const activities = proxyActivities<HandlerActivities>({
  startToCloseTimeout: '30s',
  // Transient faults are tried for as long as they last.
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '1m' },
});

/**
 * Runs an action of the catalogue, exactly once for each `step` of the run. A refused action throws
 * an ApplicationFailure that is not retried and has the code as its type: a run that does not catch
 * it ends Failed, as visibly as a refused delivery does.
 */
export async function runAction(input: RunActionInput): Promise<ActionOutcome> {
  const outcome = await activities.runAction.executeWithOptions(
    { summary: `${input.action} (${input.step})` },
    [input],
  );
  if (outcome.status === 'dispatched') return outcome;
  const at = outcome.field === undefined ? '' : `${outcome.field}: `;
  throw ApplicationFailure.create({
    type: outcome.code,
    message: at + outcome.message,
    nonRetryable: true,
    details: [outcome],
  });
}
