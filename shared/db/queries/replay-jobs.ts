import type { Position } from '../../domain/cursor.ts';
import type { ReplayCommand, ReplayFilter, ReplayState } from '../../domain/replay.ts';
import { belongsTo } from '../endpoint-owner.ts';
import { positionColumns, type KeysetPage } from '../keyset.ts';
import type { TenantTx } from '../tenant.ts';

export interface NewReplayJob {
  /** A UUID. */
  readonly id: string;
  readonly filter: ReplayFilter;
  /** Most deliveries that it schedules for one second. */
  readonly perSecond: number;
  /** How many it finds as it begins. */
  readonly total: number;
  readonly createdBy: string | null;
}

/** A replay in bulk as it is stored. */
export interface ReplayJob extends NewReplayJob {
  readonly state: ReplayState;
  readonly done: number;
  readonly skipped: number;
  /** Where the page before ended; undefined before the first. */
  readonly reached: Position | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | null;
}

interface JobRow {
  id: string;
  state: ReplayState;
  filter: ReplayFilter;
  per_second: number;
  total: number;
  done: number;
  skipped: number;
  reached_at: string | null;
  cursor_id: string | null;
  created_by: string | null;
  created_at: Date;
  updated_at: Date;
  finished_at: Date | null;
}

const columns = `id, state, filter, per_second, total, done, skipped, created_by, created_at,
  updated_at, finished_at, cursor_id,
  to_char(cursor_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as reached_at`;

const toJob = (row: JobRow): ReplayJob => ({
  id: row.id,
  state: row.state,
  filter: row.filter,
  perSecond: row.per_second,
  total: row.total,
  done: row.done,
  skipped: row.skipped,
  reached:
    row.reached_at === null || row.cursor_id === null
      ? undefined
      : { at: row.reached_at, id: row.cursor_id },
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  finishedAt: row.finished_at,
});

export async function insertReplayJob(tx: TenantTx, job: NewReplayJob): Promise<ReplayJob> {
  const { rows } = await tx.query<JobRow>({
    text: `
      insert into replay_jobs (tenant_id, id, filter, per_second, total, created_by)
      values ($1::uuid, $2::uuid, $3::jsonb, $4::integer, $5::integer, $6::uuid)
      returning ${columns}`,
    values: [
      tx.tenantId,
      job.id,
      JSON.stringify(job.filter),
      job.perSecond,
      job.total,
      job.createdBy,
    ],
  });
  return toJob(rows[0] as JobRow);
}

/** One job, or undefined. `lock` keeps others from working on it until the transaction ends. */
export async function findReplayJob(
  tx: TenantTx,
  id: string,
  lock: 'none' | 'for update' = 'none',
): Promise<ReplayJob | undefined> {
  const text = `select ${columns} from replay_jobs where tenant_id = $1::uuid and id = $2::uuid`;
  const { rows } = await tx.query<JobRow>({
    text: lock === 'none' ? text : `${text} for update`,
    values: [tx.tenantId, id],
  });
  return rows[0] && toJob(rows[0]);
}

/** The jobs of the tenant, of one of its users or of nobody, newest first. Takes one row more than `limit`. */
export async function listReplayJobs(
  tx: TenantTx,
  createdBy: string | null,
  { after, limit }: KeysetPage,
): Promise<(ReplayJob & { readonly position: Position })[]> {
  const { rows } = await tx.query<JobRow & { position_at: string }>({
    text: `
      select ${columns}, ${positionColumns('created_at')} from replay_jobs
      where tenant_id = $1::uuid and ($5::uuid is null or ${belongsTo('created_by', '$5')})
        and ($2::timestamptz is null or (created_at, id) < ($2::timestamptz, $3::uuid))
      order by created_at desc, id desc
      limit $4::integer`,
    values: [tx.tenantId, after?.at, after?.id, limit + 1, createdBy],
  });
  return rows.map((row) => ({ ...toJob(row), position: { at: row.position_at, id: row.id } }));
}

/** Takes an owner's command to a job. Undefined when the job is in no state for it. */
export async function commandReplayJob(
  tx: TenantTx,
  id: string,
  command: ReplayCommand,
): Promise<ReplayJob | undefined> {
  const { rows } = await tx.query<JobRow>({
    text: `
      update replay_jobs
      set state = case $3::text when 'pause' then 'paused' when 'resume' then 'running'
          else 'canceled' end,
        finished_at = case when $3::text = 'cancel' then clock_timestamp() end,
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid
        and case $3::text when 'pause' then state = 'running' when 'resume' then state = 'paused'
          else state in ('running', 'paused') end
      returning ${columns}`,
    values: [tx.tenantId, id, command],
  });
  return rows[0] && toJob(rows[0]);
}

/** Moves a job on by a page, or to its end. */
export async function advanceReplayJob(
  tx: TenantTx,
  id: string,
  page: {
    readonly done: number;
    readonly skipped: number;
    /** Undefined for a page without rows. */
    readonly reached: Position | undefined;
    readonly isLast: boolean;
  },
): Promise<void> {
  await tx.query({
    text: `
      update replay_jobs
      set done = done + $3::integer, skipped = skipped + $4::integer,
        cursor_at = coalesce($5::timestamptz, cursor_at), cursor_id = coalesce($6::uuid, cursor_id),
        state = case when $7::boolean then 'completed' else state end,
        finished_at = case when $7::boolean then clock_timestamp() end,
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [
      tx.tenantId,
      id,
      page.done,
      page.skipped,
      page.reached?.at,
      page.reached?.id,
      page.isLast,
    ],
  });
}

/** What became of a job's deliveries by now. */
export interface ReplayOutcomes {
  readonly open: number;
  readonly delivered: number;
  readonly failed: number;
  readonly canceled: number;
}

/** The outcomes of several jobs, by id; a job without deliveries is left out. */
export async function readReplayOutcomes(
  tx: TenantTx,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, ReplayOutcomes>> {
  const { rows } = await tx.query<ReplayOutcomes & { id: string }>({
    text: `
      select replay_job_id as id,
        count(*) filter (where settled_at is null)::integer as open,
        count(*) filter (where status = 'delivered')::integer as delivered,
        count(*) filter (where status = 'failed')::integer as failed,
        count(*) filter (where status = 'canceled')::integer as canceled
      from outbound_deliveries
      where tenant_id = $1::uuid and replay_job_id = any($2::uuid[])
      group by replay_job_id`,
    values: [tx.tenantId, jobIds],
  });
  return new Map(rows.map(({ id, ...outcomes }) => [id, outcomes]));
}
