import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type {
  HandlerStartRequest,
  StartHandler,
} from '../../activities/dispatch/handler-workflow.ts';
import { tenantSlug } from '../../shared/domain/tenant-slug.ts';
import { classifyStartFailure, startFailureReason } from '../../shared/temporal/start-failure.ts';
import { searchAttributes } from '../../workflows/inbound-delivery/contract.ts';

const tenantKey = defineSearchAttributeKey(searchAttributes.tenant, SearchAttributeType.KEYWORD);
const hookKey = defineSearchAttributeKey(searchAttributes.hook, SearchAttributeType.KEYWORD);

/** Less than the dispatch's own time, so that the dispatch learns why a start failed. */
const startBudgetMs = 5_000;

/** Starts runs of handler workflows on their queue. One that exists is the one that is wanted. */
export function makeHandlerStarter(client: Client, taskQueue: string): StartHandler {
  return (request) =>
    client.withDeadline(Date.now() + startBudgetMs, async () => {
      try {
        const handle = await startRun(client, taskQueue, request);
        return { ok: true, runId: handle.firstExecutionRunId };
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) {
          return { ok: true, runId: await runIdOf(client, request.run.workflowId) };
        }
        if (classifyStartFailure(error) !== 'refused') throw error;
        return { ok: false, reason: startFailureReason(error) };
      }
    });
}

function startRun(client: Client, taskQueue: string, request: HandlerStartRequest) {
  const { run, envelope, tenantId } = request;
  return client.workflow.start(run.workflow, {
    workflowId: run.workflowId,
    taskQueue,
    args: [envelope],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    // A killed worker's task is given to another one after this time.
    workflowTaskTimeout: '5s',
    priority: { fairnessKey: tenantId },
    staticSummary: `Delivery ${envelope.delivery_id} of hook ${envelope.source}`,
    typedSearchAttributes: [
      { key: tenantKey, value: tenantSlug(tenantId) },
      { key: hookKey, value: envelope.source },
    ],
  });
}

/** The id of the run that was started under a workflow id, whatever it has continued as since. */
async function runIdOf(client: Client, workflowId: string): Promise<string> {
  const { raw, runId } = await client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.firstRunId || runId;
}
