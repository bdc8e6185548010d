import type { TenantTx } from '../tenant.ts';

export interface ReadCount {
  /** Reads in the user's current window, this one included. */
  readonly reads: number;
  /** Milliseconds until the window ends. */
  readonly endsInMs: number;
}

/**
 * Counts a read of a user in a window that begins with its first read (S-108). One statement under the
 * row's lock, by the database's clock: replicas cannot race.
 */
export async function countRead(
  tx: TenantTx,
  userId: string,
  windowMs: number,
): Promise<ReadCount> {
  // A transaction of its own, whose loss would only forget a read: it need not wait for the disk.
  tx.ahead({ text: 'set local synchronous_commit = off' });
  const { rows } = await tx.query<{ reads: number; ends_in_ms: number }>({
    name: 'count_read',
    text: `
      insert into read_windows as w (tenant_id, user_id, started_at, reads)
      values ($1::uuid, $2::uuid, clock_timestamp(), 1)
      on conflict (tenant_id, user_id) do update set
        reads = case when w.started_at + make_interval(secs => $3::integer / 1000.0)
          <= excluded.started_at then 1 else w.reads + 1 end,
        started_at = case when w.started_at + make_interval(secs => $3::integer / 1000.0)
          <= excluded.started_at then excluded.started_at else w.started_at end
      returning reads, greatest(0, extract(epoch from started_at - clock_timestamp()) * 1000
        + $3::integer)::double precision as ends_in_ms`,
    values: [tx.tenantId, userId, windowMs],
  });
  const [row] = rows;
  return { reads: row?.reads ?? 0, endsInMs: row?.ends_in_ms ?? 0 };
}
