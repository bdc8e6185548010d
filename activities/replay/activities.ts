import { recordAudit } from '../../shared/db/queries/audit-entries.ts';
import {
  advanceReplayJob,
  commandReplayJob,
  findReplayJob,
  readReplayOutcomes,
  type ReplayJob,
} from '../../shared/db/queries/replay-jobs.ts';
import type { TenantTx, WithTenant } from '../../shared/db/tenant.ts';
import { parseTenantId, toWireId } from '../../shared/domain/ids.ts';
import { replayVerbs } from '../../shared/domain/replay.ts';
import { publishEvent } from '../../shared/outbound/publish-event.ts';
import type { ReplayActivities, ReplayStep } from './contract.ts';
import { replayNextPage, type ReplayedPage } from './page.ts';

export function makeReplayActivities(deps: { readonly withTenant: WithTenant }): ReplayActivities {
  return {
    replayPage: ({ tenantId, jobId }) =>
      deps.withTenant(parseTenantId(tenantId), (tx) => nextStep(tx, jobId)),

    commandReplay: ({ tenantId, jobId, command }) =>
      deps.withTenant(parseTenantId(tenantId), async (tx) => {
        const job = await commandReplayJob(tx, jobId, command);
        if (job !== undefined) await note(tx, jobId, replayVerbs[command]);
        return job !== undefined;
      }),
  };
}

async function nextStep(tx: TenantTx, jobId: string): Promise<ReplayStep> {
  const job = await findReplayJob(tx, jobId, 'for update');
  if (job === undefined) return { kind: 'ended', state: 'gone' };
  if (job.state === 'paused') return { kind: 'paused' };
  if (job.state !== 'running') return { kind: 'ended', state: job.state };
  const page = await replayNextPage(tx, job);
  await advanceReplayJob(tx, jobId, page);
  if (!page.isLast) return { kind: 'more', waitMs: (page.done * 1_000) / job.perSecond };
  await reportCompleted(tx, job, page);
  return { kind: 'ended', state: 'completed' };
}

/** Tells that everything the job was to send is on its way, and what has become of it by now. */
async function reportCompleted(tx: TenantTx, job: ReplayJob, last: ReplayedPage): Promise<void> {
  const replayId = toWireId('replayJob', job.id);
  const outcomes = (await readReplayOutcomes(tx, [job.id])).get(job.id);
  const scheduled = job.done + last.done;
  const skipped = job.skipped + last.skipped;
  await note(tx, job.id, 'completed', { scheduled, skipped });
  await publishEvent(tx, {
    type: 'replay.completed',
    objectType: 'replay',
    objectId: replayId,
    deliveryId: null,
    data: {
      replayId,
      scheduled,
      skipped,
      delivered: outcomes?.delivered ?? 0,
      failed: outcomes?.failed ?? 0,
    },
  });
}

const note = (
  tx: TenantTx,
  jobId: string,
  verb: string,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> =>
  recordAudit(tx, {
    actorType: 'system',
    actorId: null,
    action: `replay.${verb}`,
    resourceType: 'replay',
    resourceId: jobId,
    details,
  });
