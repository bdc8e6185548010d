import type { Role } from '../../domain/permissions.ts';
import type { Position } from '../../domain/cursor.ts';
import { positionColumns, type KeysetPage } from '../keyset.ts';
import type { TenantTx } from '../tenant.ts';

/** A member of the tenant. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** The member's own list; null while the role decides. */
  readonly permissions: readonly string[] | null;
  readonly isActive: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface UserRow {
  id: string;
  email: string;
  name: string;
  role: Role;
  permissions: string[] | null;
  is_active: boolean;
  created_at: Date;
  updated_at: Date;
}

const columns = 'id, email, name, role, permissions, is_active, created_at, updated_at';

const toUser = (row: UserRow): User => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role,
  permissions: row.permissions,
  isActive: row.is_active,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export type NewUser = Pick<User, 'id' | 'email' | 'name' | 'role' | 'permissions'>;

/** Stores a user. A taken address raises a unique violation of `users_email`. */
export async function insertUser(tx: TenantTx, user: NewUser): Promise<User> {
  const { rows } = await tx.query<UserRow>({
    text: `
      insert into users (tenant_id, id, email, name, role, permissions)
      values ($1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text[])
      returning ${columns}`,
    values: [tx.tenantId, user.id, user.email, user.name, user.role, user.permissions],
  });
  return toUser(rows[0] as UserRow);
}

export type UserChange = Partial<Pick<User, 'name' | 'role' | 'permissions' | 'isActive'>>;

/** Changes the given members of a user and leaves the others; undefined when there is no such user. */
export async function updateUser(
  tx: TenantTx,
  id: string,
  change: UserChange,
): Promise<User | undefined> {
  const { rows } = await tx.query<UserRow>({
    text: `
      update users set
        name = coalesce($3::text, name),
        role = coalesce($4::text, role),
        permissions = case when $5::boolean then $6::text[] else permissions end,
        is_active = coalesce($7::boolean, is_active),
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid
      returning ${columns}`,
    values: [
      tx.tenantId,
      id,
      change.name,
      change.role,
      change.permissions !== undefined,
      change.permissions ?? null,
      change.isActive,
    ],
  });
  return rows[0] && toUser(rows[0]);
}

/** Locks the tenant's active owners, so that two changes at once cannot remove the last one. */
export async function lockActiveOwners(tx: TenantTx): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>({
    text: `
      select id from users
      where tenant_id = $1::uuid and role = 'owner' and is_active
      order by id for update`,
    values: [tx.tenantId],
  });
  return rows.map(({ id }) => id);
}

export async function findUser(tx: TenantTx, id: string): Promise<User | undefined> {
  const { rows } = await tx.query<UserRow>({
    text: `select ${columns} from users where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, id],
  });
  return rows[0] && toUser(rows[0]);
}

/** The users of the tenant, newest first. Takes one row more than `limit`. */
export async function listUsers(
  tx: TenantTx,
  { after, limit }: KeysetPage,
): Promise<(User & { readonly position: Position })[]> {
  const { rows } = await tx.query<UserRow & { position_at: string }>({
    text: `
      select ${columns}, ${positionColumns('created_at')}
      from users
      where tenant_id = $1::uuid
        and ($2::timestamptz is null or (created_at, id) < ($2::timestamptz, $3::uuid))
      order by created_at desc, id desc
      limit $4::integer`,
    values: [tx.tenantId, after?.at, after?.id, limit + 1],
  });
  return rows.map((row) => ({ ...toUser(row), position: { at: row.position_at, id: row.id } }));
}
