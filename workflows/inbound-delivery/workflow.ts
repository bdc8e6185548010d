import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  ApplicationFailure,
  proxyLocalActivities,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { DispatchActivities } from '../../activities/dispatch/contract.ts';
import type { DispatchOutcome } from '../../shared/domain/outcome.ts';
import { searchAttributes, type InboundDeliveryInput } from './contract.ts';
import { endingOf } from './policy.ts';

const deliveryState = defineSearchAttributeKey(
  searchAttributes.deliveryState,
  SearchAttributeType.KEYWORD,
);
const actionName = defineSearchAttributeKey(searchAttributes.action, SearchAttributeType.KEYWORD);

/**
 * A local activity: the dispatch is one short transaction, and a task-queue hop would cost the
 * engine more than the work does. Transient faults are tried for as long as they last.
 */
const { dispatchDelivery } = proxyLocalActivities<DispatchActivities>({
  startToCloseTimeout: '15s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** One accepted request, from its committed row to its recorded outcome. */
export async function inboundDelivery(input: InboundDeliveryInput): Promise<DispatchOutcome> {
  const outcome = await dispatchDelivery(input);
  const ending = endingOf(outcome);
  // Before the throw: the list view shows search attributes, not the type of a failure.
  upsertSearchAttributes([
    { key: deliveryState, value: outcome.status },
    ...(ending.kind === 'completed' ? [{ key: actionName, value: ending.action }] : []),
  ]);
  if (ending.kind === 'failed') {
    throw ApplicationFailure.create({
      type: ending.type,
      message: ending.message,
      nonRetryable: true,
      details: [outcome],
    });
  }
  return outcome;
}
