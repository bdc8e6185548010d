import { expect, test } from 'vitest';
import type { DispatchOutcome } from '../../shared/domain/outcome.ts';
import { endingOf, type Ending } from '../../workflows/inbound-delivery/policy.ts';

const failed = { status: 'failed', code: 'VALIDATION_ERROR', message: 'No such client.' } as const;

test.for<[what: string, outcome: DispatchOutcome, ending: Ending]>([
  [
    'an action completes with its name',
    { status: 'dispatched', action: 'createTicket', entityType: 'ticket', entityId: 'e-1' },
    { kind: 'completed', action: 'createTicket' },
  ],
  [
    'a started workflow completes with workflow: and its id',
    {
      status: 'dispatched',
      workflow: 'refund-approval',
      workflowVersion: 1,
      workflowId: 'wf/refund-approval/d-1',
      workflowRunId: 'r-1',
    },
    { kind: 'completed', action: 'workflow:refund-approval' },
  ],
  [
    'a failure ends with its code as the type',
    failed,
    { kind: 'failed', type: 'VALIDATION_ERROR', message: 'No such client.' },
  ],
  [
    'a failure of a field names the field',
    { ...failed, field: 'client_id' },
    { kind: 'failed', type: 'VALIDATION_ERROR', message: 'client_id: No such client.' },
  ],
])('a delivery: %s', ([, outcome, ending]) => {
  expect(endingOf(outcome)).toEqual(ending);
});
