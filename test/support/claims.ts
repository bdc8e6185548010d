import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { Pool } from 'pg';
import {
  makeClaimConversation,
  type ClaimAnswer,
} from '../../apps/gateway/claims/claim-conversation.ts';
import { makeClaimRuns } from '../../apps/gateway/claims/runs.ts';
import { queueNames } from '../../apps/worker/queues.ts';
import type { WithTenant } from '../../shared/db/tenant.ts';
import { makeLogger } from '../../shared/telemetry/logger.ts';
import { claimWorkflowId } from '../../workflows/claim-lease/contract.ts';
import type { TestTenant } from './factory.ts';
import { connectClient } from './temporal.ts';

/** Settings of a gateway without a worker: it only asks. */
export const withoutWorker = {
  TIDEGATE_INBOUND_WORKER: 'false',
  TIDEGATE_HANDLER_WORKER: 'false',
} as const;

export interface ShortClaims {
  /** Claims as the gateway does, for `leaseMs`. */
  claim(
    tenant: TestTenant,
    credentialId: string,
    conversationId: string,
    leaseMs: number,
  ): Promise<ClaimAnswer>;
  run(tenant: TestTenant, conversationId: string): WorkflowHandle;
  close(): Promise<void>;
}

/** Claims with leases that a test can wait for, through the worker of a stack's queue. */
export async function openShortClaims(
  factory: { readonly withTenant: WithTenant },
  taskQueue: string,
): Promise<ShortClaims> {
  const { client, close } = await connectClient();
  const log = makeLogger({ level: 'silent', name: 'test' });
  const runs = makeClaimRuns({
    client: () => client,
    taskQueue: queueNames(taskQueue).inbound,
    log,
  });
  return {
    claim: ({ id: tenantId }, credentialId, conversationId, leaseMs) =>
      makeClaimConversation({
        withTenant: factory.withTenant,
        runs,
        log,
        leaseMs,
        budgetMs: 20_000,
        onAnswer: () => undefined,
      })({ tenantId, credentialId, conversationId, requestId: randomUUID() }),
    run: ({ slug }, conversationId) =>
      client.workflow.getHandle(claimWorkflowId(slug, conversationId)),
    async close() {
      await runs.close();
      await close();
    },
  };
}

export interface ClaimState {
  readonly id: string;
  readonly credential_id: string | null;
  readonly fence: number;
  readonly status: string;
  /** Seconds until its end, by the clock of the database. */
  readonly left_s: number;
  /** The number that the conversation counts its claims by. */
  readonly claim_fence: number;
}

/** The claims of a conversation, oldest first. */
export async function claimsOf(admin: Pool, conversationId: string): Promise<ClaimState[]> {
  const { rows } = await admin.query<ClaimState>(
    `select k.id, k.credential_id, k.fence::integer, k.status, c.claim_fence::integer,
       extract(epoch from k.expires_at - clock_timestamp())::float8 as left_s
     from conversation_claims k
     join conversations c on c.tenant_id = k.tenant_id and c.id = k.conversation_id
     where k.conversation_id = $1 order by k.fence`,
    [conversationId],
  );
  return rows;
}

/** Lets what is left of the live claim of a conversation pass. */
export async function lapse(admin: Pool, conversationId: string): Promise<void> {
  await admin.query(
    `update conversation_claims set expires_at = clock_timestamp()
     where conversation_id = $1 and status = 'active'`,
    [conversationId],
  );
}
