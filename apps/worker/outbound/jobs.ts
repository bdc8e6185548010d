import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { toWireId, type EndpointId, type TenantId } from '../../../shared/domain/ids.ts';
import { tenantSlug } from '../../../shared/domain/tenant-slug.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import {
  bulkReplayName,
  replayChangedSignalName,
  replayWorkflowId,
  type BulkReplayInput,
} from '../../../workflows/bulk-replay/contract.ts';
import { searchAttributes } from '../../../workflows/inbound-delivery/contract.ts';
import {
  rotationChangedSignalName,
  rotationWorkflowId,
  secretRotationName,
  type SecretRotationInput,
} from '../../../workflows/secret-rotation/contract.ts';

/** Starts the runs of rotations and replays, or tells the ones there are to look again. */
export interface OutboundJobs {
  /** Told of a connection to Temporal, or that there is none any more. */
  use(client: Client | undefined): void;
  /** Rejects when Temporal does not take it. */
  rouseRotation(tenantId: TenantId, endpointId: EndpointId): Promise<void>;
  /** Rejects when Temporal does not take it. `jobId` is a UUID. */
  rouseReplay(tenantId: TenantId, jobId: string): Promise<void>;
  /** The same for requests that do not wait: what is missed is left to the maintenance job. */
  noteRotation(tenantId: TenantId, endpointId: EndpointId): void;
  noteReplay(tenantId: TenantId, jobId: string): void;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

const callBudgetMs = 5_000;
const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
const tenantKey = keyword(searchAttributes.tenant);
const endpointKey = keyword(searchAttributes.endpoint);

export function makeOutboundJobs(deps: {
  readonly taskQueue: string;
  readonly log: Logger;
}): OutboundJobs {
  let current: Client | undefined;
  const underWay = new Set<Promise<void>>();

  async function rouse(call: (client: Client) => Promise<unknown>): Promise<void> {
    const client = current;
    if (client === undefined) throw new Error('Temporal has not been reached yet');
    await client.withDeadline(Date.now() + callBudgetMs, () => call(client));
  }

  const shared = {
    taskQueue: deps.taskQueue,
    // The rows say whether anything is to be done: a run may follow one that has ended.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowTaskTimeout: '5s',
  } as const;

  const jobs = {
    rouseRotation(tenantId: TenantId, endpointId: EndpointId) {
      const input: SecretRotationInput = { tenantId, endpointId };
      const slug = tenantSlug(tenantId);
      const endpoint = toWireId('endpoint', endpointId);
      return rouse((client) =>
        client.workflow.signalWithStart(secretRotationName, {
          ...shared,
          workflowId: rotationWorkflowId(slug, endpoint),
          args: [input],
          signal: rotationChangedSignalName,
          signalArgs: [],
          staticSummary: `Rotation of the secret of ${endpoint}`,
          typedSearchAttributes: [
            { key: tenantKey, value: slug },
            { key: endpointKey, value: endpoint },
          ],
        }),
      );
    },
    rouseReplay(tenantId: TenantId, jobId: string) {
      const input: BulkReplayInput = { tenantId, jobId };
      return rouse((client) =>
        client.workflow.signalWithStart(bulkReplayName, {
          ...shared,
          workflowId: replayWorkflowId(toWireId('replayJob', jobId)),
          args: [input],
          signal: replayChangedSignalName,
          signalArgs: [],
          priority: { fairnessKey: tenantId },
          staticSummary: 'Replay in bulk',
          typedSearchAttributes: [{ key: tenantKey, value: tenantSlug(tenantId) }],
        }),
      );
    },
  };

  function noted(roused: Promise<void>): void {
    const settled = roused.catch((error: unknown) =>
      deps.log.warn(
        { event: 'outbound.job_deferred', err: error },
        'Temporal did not take it; the maintenance job starts it later.',
      ),
    );
    underWay.add(settled);
    void settled.finally(() => underWay.delete(settled));
  }

  return {
    use(client) {
      current = client;
    },
    ...jobs,
    noteRotation: (tenantId, endpointId) => noted(jobs.rouseRotation(tenantId, endpointId)),
    noteReplay: (tenantId, jobId) => noted(jobs.rouseReplay(tenantId, jobId)),
    async close() {
      await Promise.all(underWay);
    },
  };
}
