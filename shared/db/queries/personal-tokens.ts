import { parseTenantId, type TenantId } from '../../domain/ids.ts';
import type { Role } from '../../domain/permissions.ts';
import type { Pool } from '../pool.ts';
import type { TenantTx } from '../tenant.ts';

/** Whose token a hash belongs to. */
export interface TokenOwner {
  readonly tenantId: TenantId;
  readonly tenantSlug: string;
  readonly tokenId: string;
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly permissions: readonly string[] | null;
  /** False when the user is switched off or the token has expired. */
  readonly isUsable: boolean;
  readonly lastUsedAt: Date | null;
}

/** The owner of a token, or undefined. Goes through the one function that may look (migration 0004). */
export async function resolvePersonalToken(
  pool: Pool,
  sha256: Buffer,
): Promise<TokenOwner | undefined> {
  const { rows } = await pool.query<{
    tenant_id: string;
    tenant_slug: string;
    token_id: string;
    user_id: string;
    email: string;
    name: string;
    role: Role;
    permissions: string[] | null;
    is_active: boolean;
    is_expired: boolean;
    last_used_at: Date | null;
  }>({
    name: 'resolve_personal_token',
    text: 'select * from resolve_personal_token($1::bytea)',
    values: [sha256],
  });
  const [row] = rows;
  return (
    row && {
      tenantId: parseTenantId(row.tenant_id),
      tenantSlug: row.tenant_slug,
      tokenId: row.token_id,
      userId: row.user_id,
      email: row.email,
      name: row.name,
      role: row.role,
      permissions: row.permissions,
      isUsable: row.is_active && !row.is_expired,
      lastUsedAt: row.last_used_at,
    }
  );
}

/** A token as its owner may see it again: without the token. */
export interface PersonalToken {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly prefix: string;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly createdAt: Date;
}

interface PersonalTokenRow {
  id: string;
  user_id: string;
  name: string;
  prefix: string;
  expires_at: Date | null;
  last_used_at: Date | null;
  created_at: Date;
}

const columns = 'id, user_id, name, prefix, expires_at, last_used_at, created_at';

const toToken = (row: PersonalTokenRow): PersonalToken => ({
  id: row.id,
  userId: row.user_id,
  name: row.name,
  prefix: row.prefix,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  createdAt: row.created_at,
});

export interface NewPersonalToken {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly sha256: Buffer;
  readonly prefix: string;
  readonly expiresAt: Date | null;
}

export async function insertPersonalToken(
  tx: TenantTx,
  token: NewPersonalToken,
): Promise<PersonalToken> {
  const { rows } = await tx.query<PersonalTokenRow>({
    text: `
      insert into personal_tokens (tenant_id, id, user_id, name, token_sha256, prefix, expires_at)
      values ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::bytea, $6::text, $7::timestamptz)
      returning ${columns}`,
    values: [
      tx.tenantId,
      token.id,
      token.userId,
      token.name,
      token.sha256,
      token.prefix,
      token.expiresAt,
    ],
  });
  return toToken(rows[0] as PersonalTokenRow);
}

/** The tokens of one user, or of all users of the tenant, newest first, at most 100. */
export async function listPersonalTokens(
  tx: TenantTx,
  userId: string | undefined,
): Promise<PersonalToken[]> {
  const { rows } = await tx.query<PersonalTokenRow>({
    text: `
      select ${columns} from personal_tokens
      where tenant_id = $1::uuid and ($2::uuid is null or user_id = $2::uuid)
      order by created_at desc, id desc
      limit 100`,
    values: [tx.tenantId, userId],
  });
  return rows.map(toToken);
}

/** Removes a token, of one user or of any; false when there is none. It stops at the next request. */
export async function deletePersonalToken(
  tx: TenantTx,
  id: string,
  userId: string | undefined,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    text: `
      delete from personal_tokens
      where tenant_id = $1::uuid and id = $2::uuid and ($3::uuid is null or user_id = $3::uuid)`,
    values: [tx.tenantId, id, userId],
  });
  return rowCount === 1;
}

/** Notes that a token was used, at most once a minute. */
export async function touchPersonalToken(tx: TenantTx, id: string): Promise<void> {
  await tx.query({
    text: `
      update personal_tokens set last_used_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid
        and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`,
    values: [tx.tenantId, id],
  });
}
