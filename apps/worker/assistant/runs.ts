import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { AnnouncedQuestion } from '../../../shared/db/tenant.ts';
import { tenantSlug } from '../../../shared/domain/tenant-slug.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import {
  assistantReplyName,
  assistantWorkflowId,
  type AssistantReplyInput,
} from '../../../workflows/assistant-reply/contract.ts';
import { searchAttributes } from '../../../workflows/inbound-delivery/contract.ts';

/** Starts the runs of the built-in assistant. */
export interface AssistantRuns {
  /** Told of a connection to Temporal, or that there is none any more. */
  use(client: Client | undefined): void;
  /** Starts the run of a question, or finds the one there is. Rejects when Temporal does not take it. */
  start(question: AnnouncedQuestion): Promise<void>;
  /** The same for who does not wait: what is missed, or too much, is left to the sweeper. */
  note(question: AnnouncedQuestion): void;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

const callBudgetMs = 5_000;
/** Noted starts under way at once. */
const underWayMax = 32;
const tenantKey = defineSearchAttributeKey(searchAttributes.tenant, SearchAttributeType.KEYWORD);

export function makeAssistantRuns(deps: {
  readonly taskQueue: string;
  readonly log: Logger;
}): AssistantRuns {
  let current: Client | undefined;
  const underWay = new Set<Promise<void>>();

  async function start({ tenantId, conversationId, messageId }: AnnouncedQuestion): Promise<void> {
    const client = current;
    if (client === undefined) throw new Error('Temporal has not been reached yet');
    const input: AssistantReplyInput = { tenantId, conversationId, messageId };
    const slug = tenantSlug(tenantId);
    await client.withDeadline(Date.now() + callBudgetMs, () =>
      client.workflow.start(assistantReplyName, {
        workflowId: assistantWorkflowId(slug, messageId),
        taskQueue: deps.taskQueue,
        args: [input],
        // The row says whether anything is to be done: a run may follow one that was terminated.
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowTaskTimeout: '5s',
        // After claims and deliveries, which somebody waits for.
        priority: { priorityKey: 4, fairnessKey: tenantId },
        staticSummary: `The assistant looks at message ${messageId}`,
        typedSearchAttributes: [{ key: tenantKey, value: slug }],
      }),
    );
  }

  return {
    use(client) {
      current = client;
    },
    start,
    note(question) {
      if (underWay.size >= underWayMax) return;
      const started = start(question).catch((error: unknown) =>
        deps.log.debug({ event: 'assistant.start_deferred', err: error }, 'left to the sweeper'),
      );
      underWay.add(started);
      void started.finally(() => underWay.delete(started));
    },
    async close() {
      await Promise.all(underWay);
    },
  };
}
