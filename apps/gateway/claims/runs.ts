import { randomUUID } from 'node:crypto';
import {
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';
import {
  ApplicationFailure,
  defineSearchAttributeKey,
  SearchAttributeType,
  type Workflow,
} from '@temporalio/common';
import type { ClaimOutcome, ClaimRequest } from '../../../shared/domain/claim.ts';
import type { TenantId } from '../../../shared/domain/ids.ts';
import { tenantSlug } from '../../../shared/domain/tenant-slug.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import {
  acquireUpdateName,
  claimChangedSignalName,
  claimLeaseName,
  claimWorkflowId,
  type ClaimLeaseInput,
} from '../../../workflows/claim-lease/contract.ts';
import { searchAttributes } from '../../../workflows/inbound-delivery/contract.ts';

/** Asks the runs that keep the time of claims. */
export interface ClaimRuns {
  /**
   * Has the run of a conversation, which is started where there is none, do what the request asks for.
   * Undefined when Temporal has not been reached yet, so that nothing was asked. Rejects when no answer
   * came within `waitMs`: whether the request was granted is then not known.
   */
  acquire(
    tenantId: TenantId,
    conversationId: string,
    request: ClaimRequest,
    waitMs: number,
  ): Promise<ClaimOutcome | undefined>;
  /** Tells a run that its claim has ended. What is missed it finds out when its timer fires. */
  noteEnded(tenantId: TenantId, conversationId: string): void;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** At seven events a turn, a history of some hundred kilobytes. */
const turnsMax = 500;
const noteBudgetMs = 5_000;
/** How often a request may meet a run that is just ending. */
const attemptsMax = 3;
const tenantKey = defineSearchAttributeKey(searchAttributes.tenant, SearchAttributeType.KEYWORD);

export interface ClaimRunsDeps {
  /** Undefined while Temporal has not been reached yet. */
  readonly client: () => Client | undefined;
  readonly taskQueue: string;
  readonly log: Logger;
}

export function makeClaimRuns(deps: ClaimRunsDeps): ClaimRuns {
  const underWay = new Set<Promise<void>>();

  function startOf(tenantId: TenantId, conversationId: string) {
    const input: ClaimLeaseInput = { tenantId, conversationId, turnsMax };
    const slug = tenantSlug(tenantId);
    return new WithStartWorkflowOperation(claimLeaseName, {
      workflowId: claimWorkflowId(slug, conversationId),
      taskQueue: deps.taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowTaskTimeout: '5s',
      // Somebody waits: before the deliveries that wait in the same queue.
      priority: { priorityKey: 1, fairnessKey: tenantId },
      staticSummary: `Claims of conversation ${conversationId}`,
      typedSearchAttributes: [{ key: tenantKey, value: slug }],
    });
  }

  async function ask(client: Client, tenantId: TenantId, id: string, request: ClaimRequest) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await client.workflow.executeUpdateWithStart<Workflow, ClaimOutcome, [ClaimRequest]>(
          acquireUpdateName,
          {
            // Not the id of the request: a run answers a repeated update as it did the first time, and
            // the claim of then may have ended.
            updateId: randomUUID(),
            args: [request],
            startWorkflowOperation: startOf(tenantId, id),
          },
        );
      } catch (error) {
        if (attempt === attemptsMax || !isEndedMeanwhile(error)) throw error;
      }
    }
  }

  return {
    async acquire(tenantId, conversationId, request, waitMs) {
      const client = deps.client();
      if (client === undefined) return undefined;
      return client.withDeadline(Date.now() + waitMs, () =>
        ask(client, tenantId, conversationId, request),
      );
    },
    noteEnded(tenantId, conversationId) {
      const client = deps.client();
      if (client === undefined) return;
      const run = client.workflow.getHandle(claimWorkflowId(tenantSlug(tenantId), conversationId));
      const noted = client
        .withDeadline(Date.now() + noteBudgetMs, () => run.signal(claimChangedSignalName))
        .catch((error: unknown) => {
          if (error instanceof WorkflowNotFoundError) return;
          deps.log.warn({ event: 'claim.note_missed', err: error }, 'its run ends by its timer');
        });
      underWay.add(noted);
      void noted.finally(() => underWay.delete(noted));
    },
    async close() {
      await Promise.all(underWay);
    },
  };
}

/** Whether the run ended before it answered: the next one can be asked. */
function isEndedMeanwhile(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'AcceptedUpdateCompletedWorkflow'
  );
}
