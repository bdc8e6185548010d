import type { Pool } from '../pool.ts';

/** How an installation gets on, over all tenants. */
export interface Progress {
  /** Age of the oldest delivery that was due to be started or woken, in seconds; 0 when none is. */
  readonly inboundLagSeconds: number;
  readonly outboundLagSeconds: number;
  readonly endpoints: {
    readonly active: number;
    readonly paused: number;
    readonly disabled: number;
    /** Of the disabled ones, those that nobody disabled by hand. */
    readonly autoDisabled: number;
  };
}

export async function readProgress(pool: Pool): Promise<Progress> {
  const { rows } = await pool.query<{
    inbound_lag_seconds: number | null;
    outbound_lag_seconds: number | null;
    endpoints_active: number;
    endpoints_paused: number;
    endpoints_disabled: number;
    endpoints_auto_disabled: number;
  }>({ name: 'read_progress', text: 'select * from read_progress()' });
  const [row] = rows;
  if (row === undefined) throw new Error('read_progress returned no row');
  return {
    inboundLagSeconds: row.inbound_lag_seconds ?? 0,
    outboundLagSeconds: row.outbound_lag_seconds ?? 0,
    endpoints: {
      active: row.endpoints_active,
      paused: row.endpoints_paused,
      disabled: row.endpoints_disabled,
      autoDisabled: row.endpoints_auto_disabled,
    },
  };
}
