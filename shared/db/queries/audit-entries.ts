import { v7 as uuidv7 } from 'uuid';
import type { Position } from '../../domain/cursor.ts';
import { positionColumns, type KeysetPage } from '../keyset.ts';
import type { TenantTx } from '../tenant.ts';

export type ActorType = 'user' | 'operator' | 'api' | 'system';

/** One thing that was done, for the audit log. */
export interface AuditEntry {
  readonly actorType: ActorType;
  readonly actorId: string | null;
  /** What was done, as `resource.verb`: `inbound_webhook.secret_rotated`. */
  readonly action: string;
  readonly resourceType: string;
  readonly resourceId: string | null;
  /** Facts about the change. Never a secret, never customer data. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Adds an entry in the transaction of the change, so that neither exists without the other. A failed
 * write never fails the change (S-124): it is undone to its savepoint and leaves an entry that says
 * so, or nothing at all when even that cannot be written.
 */
export async function recordAudit(tx: TenantTx, entry: AuditEntry): Promise<void> {
  tx.ahead({ text: 'savepoint audit' });
  try {
    await insertEntry(tx, entry);
  } catch (error) {
    await tx.query({ text: 'rollback to savepoint audit' });
    await insertEntry(tx, {
      actorType: 'system',
      actorId: null,
      action: 'audit.write_failed',
      resourceType: 'audit',
      resourceId: null,
      details: { action: entry.action.slice(0, 128), reason: String(error).slice(0, 500) },
    });
  }
  tx.ahead({ text: 'release savepoint audit' });
}

async function insertEntry(tx: TenantTx, entry: AuditEntry): Promise<void> {
  await tx.query({
    name: 'insert_audit_entry',
    text: `
      insert into audit_entries (tenant_id, id, actor_type, actor_id, action, resource_type,
        resource_id, details)
      values ($1::uuid, $2::uuid, $3::text, $4::uuid, $5::text, $6::text, $7::uuid, $8::jsonb)`,
    values: [
      tx.tenantId,
      uuidv7(),
      entry.actorType,
      entry.actorId,
      entry.action,
      entry.resourceType,
      entry.resourceId,
      JSON.stringify(entry.details ?? {}),
    ],
  });
}

/** An entry as it is read again. */
export interface StoredAuditEntry extends Required<AuditEntry> {
  readonly id: string;
  readonly occurredAt: Date;
  readonly position: Position;
}

export interface AuditFilter extends KeysetPage {
  readonly action: string | undefined;
  readonly actorId: string | undefined;
  readonly resourceType: string | undefined;
  readonly resourceId: string | undefined;
  /** From this moment on, and before that one. */
  readonly since: string | undefined;
  readonly until: string | undefined;
}

/** The audit log, newest first. Takes one row more than `limit`. */
export async function listAuditEntries(
  tx: TenantTx,
  filter: AuditFilter,
): Promise<StoredAuditEntry[]> {
  const { rows } = await tx.query<{
    id: string;
    occurred_at: Date;
    actor_type: ActorType;
    actor_id: string | null;
    action: string;
    resource_type: string;
    resource_id: string | null;
    details: Record<string, unknown>;
    position_at: string;
  }>({
    text: `
      select id, occurred_at, actor_type, actor_id, action, resource_type, resource_id, details,
        ${positionColumns('occurred_at')}
      from audit_entries
      where tenant_id = $1::uuid
        and ($2::timestamptz is null or (occurred_at, id) < ($2::timestamptz, $3::uuid))
        and ($4::text is null or action = $4::text)
        and ($5::uuid is null or actor_id = $5::uuid)
        and ($6::text is null or resource_type = $6::text)
        and ($7::uuid is null or resource_id = $7::uuid)
        and ($8::timestamptz is null or occurred_at >= $8::timestamptz)
        and ($9::timestamptz is null or occurred_at < $9::timestamptz)
      order by occurred_at desc, id desc
      limit $10::integer`,
    values: [
      tx.tenantId,
      filter.after?.at,
      filter.after?.id,
      filter.action,
      filter.actorId,
      filter.resourceType,
      filter.resourceId,
      filter.since,
      filter.until,
      filter.limit + 1,
    ],
  });
  return rows.map((row) => ({
    id: row.id,
    occurredAt: row.occurred_at,
    actorType: row.actor_type,
    actorId: row.actor_id,
    action: row.action,
    resourceType: row.resource_type,
    resourceId: row.resource_id,
    details: row.details,
    position: { at: row.position_at, id: row.id },
  }));
}
