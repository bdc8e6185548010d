import type { TenantTx } from '../tenant.ts';

// S-110 to S-113. Every statement that decides over a claim runs while the row of its conversation is
// locked, and reads the clock of the database after it got the lock: what a claim was before the wait
// counts for nothing.

/** A claim: who alone may write to a conversation, and until when. */
export interface Claim {
  readonly id: string;
  readonly conversationId: string;
  /** Null when the credential is gone. */
  readonly credentialId: string | null;
  /** Its number among the claims of its conversation. */
  readonly fence: number;
  /** The request that made it. */
  readonly requestId: string;
  readonly expiresAt: Date;
  /** What was left of it when it was read, in whole milliseconds. */
  readonly leftMs: number;
}

/** Who says that it holds the claim of a conversation. */
export interface ClaimHolder {
  readonly conversationId: string;
  readonly credentialId: string;
  /**
   * The claim it believes to hold. With it, a process that was paused is told from a later one of the
   * same credential; without it, any live claim of the credential will do.
   */
  readonly claimId?: string | undefined;
}

/** Why a caller is not the holder of a live claim. */
export type NoClaim =
  /** No claim is live. */
  | { readonly kind: 'none' }
  /** Another credential holds it. */
  | { readonly kind: 'foreign'; readonly heldUntil: Date }
  /** The claim that the caller named has ended. */
  | { readonly kind: 'stale' };

export type ExtendedClaim = { readonly kind: 'extended'; readonly claim: Claim } | NoClaim;

interface ClaimRow {
  id: string;
  conversation_id: string;
  credential_id: string | null;
  fence: number;
  request_id: string;
  expires_at: Date;
  left_ms: number;
}

const columns = `c.id, c.conversation_id, c.credential_id, c.fence::double precision as fence,
  c.request_id, c.expires_at,
  ceil(extract(epoch from c.expires_at - clock_timestamp()) * 1000)::integer as left_ms`;

const toClaim = (row: ClaimRow): Claim => ({
  id: row.id,
  conversationId: row.conversation_id,
  credentialId: row.credential_id,
  fence: row.fence,
  requestId: row.request_id,
  expiresAt: row.expires_at,
  leftMs: row.left_ms,
});

/** The status of a conversation, its row locked until the commit; undefined when there is none. */
export async function lockConversationForClaim(
  tx: TenantTx,
  conversationId: string,
): Promise<'open' | 'closed' | 'snoozed' | undefined> {
  const { rows } = await tx.query<{ status: 'open' | 'closed' | 'snoozed' }>({
    name: 'lock_conversation_for_claim',
    text: `
      select v.status from conversations v
      where v.tenant_id = $1::uuid and v.id = $2::uuid for no key update`,
    values: [tx.tenantId, conversationId],
  });
  return rows[0]?.status;
}

/**
 * Extends the live claim of a holder to `leaseMs` from now, or says why it has none. Whoever writes to
 * a conversation in the name of a claim does it in this transaction: until the commit nobody else can
 * claim it, and what this refused has to be rolled back (S-111, S-113). Locks the conversation; one
 * that does not exist has no claim.
 */
export async function extendClaim(
  tx: TenantTx,
  holder: ClaimHolder & { readonly leaseMs: number },
): Promise<ExtendedClaim> {
  await lockConversationForClaim(tx, holder.conversationId);
  return extendLocked(tx, holder);
}

/** The same while the conversation is locked. */
export async function extendLocked(
  tx: TenantTx,
  { conversationId, credentialId, claimId, leaseMs }: ClaimHolder & { readonly leaseMs: number },
): Promise<ExtendedClaim> {
  const { rows } = await tx.query<ClaimRow & { is_extended: boolean }>({
    name: 'extend_claim',
    text: `
      with moment as materialized (select clock_timestamp() as at),
      extended as (
        update conversation_claims c
        set expires_at = m.at + make_interval(secs => $5::integer / 1000.0)
        from moment m
        where c.tenant_id = $1::uuid and c.conversation_id = $2::uuid and c.status = 'active'
          and c.expires_at > m.at and c.credential_id = $3::uuid
          and ($4::uuid is null or c.id = $4::uuid)
        returning ${columns}
      )
      select true as is_extended, e.* from extended e
      union all
      select false, ${columns} from conversation_claims c, moment m
      where c.tenant_id = $1::uuid and c.conversation_id = $2::uuid and c.status = 'active'
        and c.expires_at > m.at and not exists (select from extended)`,
    values: [tx.tenantId, conversationId, credentialId, claimId ?? null, leaseMs],
  });
  const [row] = rows;
  if (row?.is_extended === true) return { kind: 'extended', claim: toClaim(row) };
  if (claimId !== undefined) return { kind: 'stale' };
  return row === undefined ? { kind: 'none' } : { kind: 'foreign', heldUntil: row.expires_at };
}

/** The moment so many milliseconds from now, by the database's clock. */
export async function momentIn(tx: TenantTx, ms: number): Promise<Date> {
  const { rows } = await tx.query<{ at: Date }>({
    name: 'moment_in',
    text: `select clock_timestamp() + make_interval(secs => $1::integer / 1000.0) as at`,
    values: [ms],
  });
  return (rows[0] as { at: Date }).at;
}

/** Whether a moment has passed by the database's clock. */
export async function hasPassed(tx: TenantTx, moment: Date): Promise<boolean> {
  const { rows } = await tx.query<{ has_passed: boolean }>({
    name: 'has_passed',
    text: 'select clock_timestamp() > $1::timestamptz as has_passed',
    values: [moment],
  });
  return rows[0]?.has_passed === true;
}

/** A claim that is to be made. */
export interface NewClaim {
  readonly id: string;
  readonly conversationId: string;
  readonly credentialId: string;
  readonly requestId: string;
  readonly leaseMs: number;
  /** By the database's clock; later, nothing is claimed. */
  readonly deadline: Date;
}

/**
 * Claims a locked conversation on which no claim is active, under the next number. Undefined when the
 * deadline has passed, or the credential is gone.
 */
export async function insertClaim(tx: TenantTx, claim: NewClaim): Promise<Claim | undefined> {
  const { rows } = await tx.query<ClaimRow>({
    name: 'insert_claim',
    text: `
      with numbered as (
        update conversations v set claim_fence = v.claim_fence + 1
        where v.tenant_id = $1::uuid and v.id = $3::uuid
          and clock_timestamp() <= $7::timestamptz
          and exists (select from automation_credentials k
            where k.tenant_id = $1::uuid and k.id = $4::uuid)
        returning v.claim_fence
      )
      insert into conversation_claims as c (tenant_id, id, conversation_id, credential_id, fence,
        request_id, expires_at)
      select $1::uuid, $2::uuid, $3::uuid, $4::uuid, n.claim_fence, $5::uuid,
        clock_timestamp() + make_interval(secs => $6::integer / 1000.0)
      from numbered n
      returning ${columns}`,
    values: [
      tx.tenantId,
      claim.id,
      claim.conversationId,
      claim.credentialId,
      claim.requestId,
      claim.leaseMs,
      claim.deadline,
    ],
  });
  return rows[0] && toClaim(rows[0]);
}

/** Ends the claim of a locked conversation if it ran out, which makes room for another. Returns how many did. */
export async function expireLocked(tx: TenantTx, conversationId: string): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'expire_claim',
    text: `
      update conversation_claims c set status = 'expired', ended_at = clock_timestamp()
      where c.tenant_id = $1::uuid and c.conversation_id = $2::uuid and c.status = 'active'
        and c.expires_at <= clock_timestamp()`,
    values: [tx.tenantId, conversationId],
  });
  return rowCount;
}

/**
 * Ends a live claim of a locked conversation, as its holder. Returns it, or why the caller has none.
 */
export async function endClaim(
  tx: TenantTx,
  holder: ClaimHolder,
  status: 'released' | 'escalated',
): Promise<{ readonly kind: 'ended'; readonly claim: Claim } | NoClaim> {
  const { credentialId, claimId } = holder;
  const live = await findLiveClaim(tx, holder.conversationId);
  if (live === undefined) return { kind: claimId === undefined ? 'none' : 'stale' };
  if (claimId !== undefined && live.id !== claimId) return { kind: 'stale' };
  if (live.credentialId !== credentialId) return { kind: 'foreign', heldUntil: live.expiresAt };
  await endLocked(tx, live.id, status);
  return { kind: 'ended', claim: live };
}

/** Ends a live claim of a locked conversation, whoever holds it. */
export async function endLocked(
  tx: TenantTx,
  claimId: string,
  status: 'released' | 'escalated',
): Promise<void> {
  await tx.query({
    name: 'end_claim',
    text: `
      update conversation_claims c set status = $3::text, ended_at = clock_timestamp()
      where c.tenant_id = $1::uuid and c.id = $2::uuid and c.status = 'active'`,
    values: [tx.tenantId, claimId, status],
  });
}

/** The live claim of a conversation, or undefined (S-113). Final only while the conversation is locked. */
export async function findLiveClaim(
  tx: TenantTx,
  conversationId: string,
): Promise<Claim | undefined> {
  const { rows } = await tx.query<ClaimRow>({
    name: 'find_live_claim',
    text: `
      select ${columns} from conversation_claims c
      where c.tenant_id = $1::uuid and c.conversation_id = $2::uuid and c.status = 'active'
        and c.expires_at > clock_timestamp()`,
    values: [tx.tenantId, conversationId],
  });
  return rows[0] && toClaim(rows[0]);
}
