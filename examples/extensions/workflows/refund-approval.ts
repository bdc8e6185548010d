import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import { defineWorkflow, runAction, type HandlerEnvelope } from 'tidegate/workflow';
import { z } from 'zod';

const threeDaysMs = 3 * 24 * 60 * 60 * 1_000;

const input = z.object({
  refund: z.object({
    id: z.string().min(1).max(100),
    amount: z.number().positive(),
    currency: z.string().length(3),
    reason: z.string().max(2_000).optional(),
  }),
  /** Where the tickets go. */
  desk: z.object({ clientId: z.uuid(), boardId: z.uuid(), priorityId: z.uuid() }),
  /** How long a decision is waited for. Data, not a constant: a test waits milliseconds. */
  decideWithinMs: z.number().int().positive().default(threeDaysMs),
});
type Request = z.output<typeof input>;

export interface Decision {
  readonly approved: boolean;
  /** Who decided, as the approver's own tool names them. */
  readonly by: string;
}

export interface RefundState {
  readonly phase: 'waiting' | 'approved' | 'rejected' | 'expired';
  readonly decidedBy: string | null;
}

/** Decides the refund, once. A later decision is refused and leaves no trace in the history. */
export const decide = defineUpdate<RefundState, [Decision]>('decide');
export const state = defineQuery<RefundState>('state');

/**
 * Asks a person before money goes out: opens a ticket for the approver, waits for the decision, and
 * opens the ticket that follows from it.
 */
export const refundApproval = defineWorkflow({
  id: 'refund-approval',
  version: 1,
  title: 'Refund with approval',
  description:
    'Opens a ticket for the approver and waits for a decision before the refund is paid.',
  input,
  run: approveRefund,
});

async function approveRefund({ body }: HandlerEnvelope<Request>): Promise<RefundState> {
  let current: RefundState = { phase: 'waiting', decidedBy: null };
  setHandler(state, () => current, { description: 'Where the refund stands.' });
  setHandler(
    decide,
    ({ approved, by }) => {
      current = { phase: approved ? 'approved' : 'rejected', decidedBy: by };
      return current;
    },
    {
      description: 'Approves or rejects the refund: {"approved": true, "by": "ana"}.',
      validator: (decision) => assertDecidable(current, decision),
    },
  );

  await openTicket(body, 'ask', `Approve ${amountOf(body)}?`);
  await condition(() => current.phase !== 'waiting', body.decideWithinMs, {
    summary: `Decision on ${body.refund.id}`,
  });
  // Not by what the wait says: a decision in the same instant as the time-out has been answered.
  if (current.phase === 'waiting') current = { phase: 'expired', decidedBy: null };

  if (current.phase === 'approved') await openTicket(body, 'pay', `Pay ${amountOf(body)}`);
  if (current.phase === 'expired') await openTicket(body, 'remind', `Undecided: ${amountOf(body)}`);
  return current;
}

/** Refuses what is not a decision, and a second one. Whatever a caller sends arrives here unchecked. */
function assertDecidable(current: RefundState, decision: Decision): void {
  if (typeof decision?.approved !== 'boolean' || !decision.by) {
    throw ApplicationFailure.nonRetryable('A decision is {approved, by}.', 'NotADecision');
  }
  if (current.phase !== 'waiting') {
    throw ApplicationFailure.nonRetryable(
      `The refund is ${current.phase} already.`,
      'AlreadyDecided',
    );
  }
}

const amountOf = ({ refund }: Request): string =>
  `refund ${refund.id}: ${refund.amount} ${refund.currency}`;

/** The step names the ticket within this run, so that a retry does not open a second one. */
async function openTicket({ desk, refund }: Request, step: string, title: string): Promise<void> {
  await runAction({
    step,
    action: 'createTicket',
    fields: {
      title,
      description: refund.reason,
      client_id: desk.clientId,
      board_id: desk.boardId,
      priority_id: desk.priorityId,
    },
  });
}
