import type { TenantTx } from '../tenant.ts';

/** A key of one caller. */
export interface CallerKey {
  readonly callerId: string;
  readonly key: string;
}

/**
 * Takes the key for the rest of the transaction; false when another transaction has it, which means
 * that the first request is still running. A caller that dies gives the key back with its
 * connection, so no claim can be left behind (docs/decisions/0005).
 */
export async function tryLockKey(tx: TenantTx, { callerId, key }: CallerKey): Promise<boolean> {
  const { rows } = await tx.query<{ is_locked: boolean }>({
    name: 'try_lock_key',
    text: `
      select pg_try_advisory_xact_lock(
        hashtextextended($1::text || ' ' || $2::text || ' ' || $3::text, 0)) as is_locked`,
    values: [tx.tenantId, callerId, key],
  });
  return rows[0]?.is_locked === true;
}

export interface KeptAnswer {
  readonly fingerprint: Buffer;
  readonly status: number;
  readonly sealedResponse: Buffer;
}

/** What the key's first request was answered, while it is kept. */
export async function findKeptAnswer(
  tx: TenantTx,
  { callerId, key }: CallerKey,
): Promise<KeptAnswer | undefined> {
  const { rows } = await tx.query<{
    fingerprint: Buffer;
    response_status: number;
    sealed_response: Buffer;
  }>({
    name: 'find_kept_answer',
    text: `
      select fingerprint, response_status, sealed_response from idempotency_keys
      where tenant_id = $1::uuid and caller_id = $2::uuid and key = $3::text
        and expires_at > clock_timestamp()`,
    values: [tx.tenantId, callerId, key],
  });
  const [row] = rows;
  return (
    row && {
      fingerprint: row.fingerprint,
      status: row.response_status,
      sealedResponse: row.sealed_response,
    }
  );
}

/** Keeps the answer of the key's first request; an expired one makes room. */
export async function keepAnswer(
  tx: TenantTx,
  { callerId, key }: CallerKey,
  answer: KeptAnswer,
  keepSeconds: number,
): Promise<void> {
  await tx.query({
    name: 'keep_answer',
    text: `
      insert into idempotency_keys (tenant_id, caller_id, key, fingerprint, response_status,
        sealed_response, expires_at)
      values ($1::uuid, $2::uuid, $3::text, $4::bytea, $5::integer, $6::bytea,
        clock_timestamp() + make_interval(secs => $7::integer))
      on conflict (tenant_id, caller_id, key) do update set
        fingerprint = excluded.fingerprint, response_status = excluded.response_status,
        sealed_response = excluded.sealed_response, created_at = clock_timestamp(),
        expires_at = excluded.expires_at`,
    values: [
      tx.tenantId,
      callerId,
      key,
      answer.fingerprint,
      answer.status,
      answer.sealedResponse,
      keepSeconds,
    ],
  });
}
