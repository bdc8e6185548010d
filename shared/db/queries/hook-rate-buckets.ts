import type { HookId } from '../../domain/ids.ts';
import type { TenantTx } from '../tenant.ts';

export interface TokenGrant {
  /** How many tokens were taken, 0 when the bucket is empty. */
  readonly taken: number;
  /** Milliseconds until the bucket holds a token again. */
  readonly nextTokenMs: number;
}

/**
 * Takes up to `wanted` tokens from a hook's bucket, which holds `perMinute` and refills at that rate
 * (S-107). One statement under the row's lock, by the database's clock: replicas cannot race.
 */
export async function takeTokens(
  tx: TenantTx,
  hookId: HookId,
  perMinute: number,
  wanted: number,
): Promise<TokenGrant> {
  // A transaction of its own, whose loss would only fill the bucket: it need not wait for the disk.
  tx.ahead({ text: 'set local synchronous_commit = off' });
  const { rows } = await tx.query<{ taken: number; tokens: number }>({
    name: 'take_tokens',
    text: `
      with now as (select clock_timestamp() as moment),
      filled as (
        insert into hook_rate_buckets as b (tenant_id, hook_id, tokens, refilled_at)
        select $1::uuid, $2::uuid, $3::double precision, now.moment from now
        on conflict (tenant_id, hook_id) do update set
          tokens = least($3::double precision, b.tokens
            + greatest(0, extract(epoch from excluded.refilled_at - b.refilled_at))
              * $3::double precision / 60),
          refilled_at = greatest(b.refilled_at, excluded.refilled_at)
        returning b.tokens
      )
      select least($4::integer, floor(tokens))::integer as taken, tokens from filled`,
    values: [tx.tenantId, hookId, perMinute, wanted],
  });
  const { taken = 0, tokens = 0 } = rows[0] ?? {};
  if (taken > 0) {
    await tx.query({
      name: 'spend_tokens',
      text: `
        update hook_rate_buckets set tokens = tokens - $3::integer
        where tenant_id = $1::uuid and hook_id = $2::uuid`,
      values: [tx.tenantId, hookId, taken],
    });
  }
  const missing = Math.max(0, 1 - (tokens - taken));
  return { taken, nextTokenMs: Math.ceil((missing / perMinute) * 60_000) };
}
