import { parseTenantId, type TenantId } from '../../domain/ids.ts';
import type { Position } from '../../domain/cursor.ts';
import type { Scope } from '../../domain/scopes.ts';
import { positionColumns, type KeysetPage } from '../keyset.ts';
import type { Pool } from '../pool.ts';
import type { TenantTx } from '../tenant.ts';

/** Whose key a hash belongs to. */
export interface KeyOwner {
  readonly tenantId: TenantId;
  readonly tenantSlug: string;
  readonly credentialId: string;
  readonly actorName: string;
  readonly scopes: readonly Scope[];
  readonly status: CredentialStatus;
  readonly isExpired: boolean;
  readonly isAutomationEnabled: boolean;
  readonly lastUsedAt: Date | null;
}

/** As it is stored: that one has expired is told by its expiry alone. */
export type CredentialStatus = 'active' | 'disabled';

/** The owner of a key, or undefined. Goes through the one function that may look (migration 0019). */
export async function resolveAutomationCredential(
  pool: Pool,
  sha256: Buffer,
): Promise<KeyOwner | undefined> {
  const { rows } = await pool.query<{
    tenant_id: string;
    tenant_slug: string;
    credential_id: string;
    actor_name: string;
    scopes: Scope[];
    status: CredentialStatus;
    is_expired: boolean;
    automation_enabled: boolean;
    last_used_at: Date | null;
  }>({
    name: 'resolve_automation_credential',
    text: 'select * from resolve_automation_credential($1::bytea)',
    values: [sha256],
  });
  const [row] = rows;
  return (
    row && {
      tenantId: parseTenantId(row.tenant_id),
      tenantSlug: row.tenant_slug,
      credentialId: row.credential_id,
      actorName: row.actor_name,
      scopes: row.scopes,
      status: row.status,
      isExpired: row.is_expired,
      isAutomationEnabled: row.automation_enabled,
      lastUsedAt: row.last_used_at,
    }
  );
}

/** Notes that a key was used, at most once a minute (S-102). */
export async function touchAutomationCredential(tx: TenantTx, id: string): Promise<void> {
  await tx.query({
    text: `
      update automation_credentials set last_used_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid
        and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`,
    values: [tx.tenantId, id],
  });
}

/** A credential as its administrators may see it again: without the secret and its hash. */
export interface Credential {
  readonly id: string;
  readonly name: string;
  readonly actorName: string;
  readonly secretPrefix: string;
  readonly scopes: readonly Scope[];
  readonly status: CredentialStatus;
  readonly isExpired: boolean;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly position: Position;
}

interface CredentialRow {
  id: string;
  name: string;
  actor_name: string;
  secret_prefix: string;
  scopes: Scope[];
  status: CredentialStatus;
  is_expired: boolean;
  expires_at: Date | null;
  last_used_at: Date | null;
  created_by: string | null;
  created_at: Date;
  position_at: string;
}

const columns = `id, name, actor_name, secret_prefix, scopes, status,
  coalesce(expires_at <= clock_timestamp(), false) as is_expired, expires_at, last_used_at,
  created_by, created_at, ${positionColumns('created_at')}`;

const toCredential = (row: CredentialRow): Credential => ({
  id: row.id,
  name: row.name,
  actorName: row.actor_name,
  secretPrefix: row.secret_prefix,
  scopes: row.scopes,
  status: row.status,
  isExpired: row.is_expired,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  createdBy: row.created_by,
  createdAt: row.created_at,
  position: { at: row.position_at, id: row.id },
});

export interface NewCredential {
  readonly id: string;
  readonly name: string;
  readonly actorName: string;
  readonly sha256: Buffer;
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
  readonly createdBy: string | null;
}

export async function insertCredential(
  tx: TenantTx,
  credential: NewCredential,
): Promise<Credential> {
  const { rows } = await tx.query<CredentialRow>({
    text: `
      insert into automation_credentials (tenant_id, id, name, actor_name, secret_sha256,
        secret_prefix, scopes, expires_at, created_by)
      values ($1::uuid, $2::uuid, $3::text, $4::text, $5::bytea, $6::text, $7::text[],
        $8::timestamptz, $9::uuid)
      returning ${columns}`,
    values: [
      tx.tenantId,
      credential.id,
      credential.name,
      credential.actorName,
      credential.sha256,
      credential.prefix,
      credential.scopes,
      credential.expiresAt,
      credential.createdBy,
    ],
  });
  return toCredential(rows[0] as CredentialRow);
}

/** A credential, or undefined. `for update` locks it until the commit. */
export async function findCredential(
  tx: TenantTx,
  id: string,
  lock: 'none' | 'for update' = 'none',
): Promise<Credential | undefined> {
  const { rows } = await tx.query<CredentialRow>({
    text: `
      select ${columns} from automation_credentials
      where tenant_id = $1::uuid and id = $2::uuid
      ${lock === 'none' ? '' : 'for update'}`,
    values: [tx.tenantId, id],
  });
  return rows[0] && toCredential(rows[0]);
}

/** The credentials of the tenant, newest first. Takes one row more than `limit`. */
export async function listCredentials(tx: TenantTx, page: KeysetPage): Promise<Credential[]> {
  const { rows } = await tx.query<CredentialRow>({
    text: `
      select ${columns} from automation_credentials
      where tenant_id = $1::uuid
        and ($2::timestamptz is null or (created_at, id) < ($2::timestamptz, $3::uuid))
      order by created_at desc, id desc
      limit $4::integer`,
    values: [tx.tenantId, page.after?.at, page.after?.id, page.limit + 1],
  });
  return rows.map(toCredential);
}

/** Gives a credential another secret; the old one stops at the next request (S-103). */
export async function replaceCredentialSecret(
  tx: TenantTx,
  id: string,
  { sha256, prefix }: { readonly sha256: Buffer; readonly prefix: string },
): Promise<void> {
  await tx.query({
    text: `
      update automation_credentials
      set secret_sha256 = $3::bytea, secret_prefix = $4::text, updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, id, sha256, prefix],
  });
}

export async function setCredentialStatus(
  tx: TenantTx,
  id: string,
  status: CredentialStatus,
): Promise<void> {
  await tx.query({
    text: `
      update automation_credentials set status = $3::text, updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, id, status],
  });
}

/** Removes a credential. What it wrote stays, without it. False when there is none. */
export async function deleteCredential(tx: TenantTx, id: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    text: 'delete from automation_credentials where tenant_id = $1::uuid and id = $2::uuid',
    values: [tx.tenantId, id],
  });
  return rowCount === 1;
}
