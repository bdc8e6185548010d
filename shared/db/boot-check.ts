import type { Pool } from './pool.ts';

interface RoleRow {
  readonly rolname: string;
  readonly rolsuper: boolean;
  readonly rolbypassrls: boolean;
}

/**
 * Refuses to run where one tenant's rows could reach another (S-127): as a superuser, as a role that
 * bypasses row-level security, as the owner of a table, or beside a tenant table without its wall.
 * Throws an Error whose message names every fault and what to do about it.
 */
export async function assertTenantWalls(pool: Pool): Promise<void> {
  const faults = [...(await privilegedRole(pool)), ...(await unwalledTables(pool))];
  if (faults.length === 0) return;
  throw new Error(
    [
      'Tidegate refuses to start, because tenants would not be kept apart:',
      ...faults.map((fault) => `  - ${fault}`),
      'DATABASE_URL must name the role tidegate_app on a migrated database; the bootstrap job and npm start prepare both.',
    ].join('\n'),
  );
}

async function privilegedRole(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<RoleRow>(
    'select rolname, rolsuper, rolbypassrls from pg_roles where rolname = current_user',
  );
  const [role] = rows;
  if (role === undefined) return ['the current role cannot be read'];
  const faults: string[] = [];
  if (role.rolsuper) faults.push(`role ${role.rolname} is a superuser`);
  if (role.rolbypassrls) faults.push(`role ${role.rolname} bypasses row-level security`);
  const owned = await pool.query<{ relname: string }>(
    `select relname from pg_class
     where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
       and pg_has_role(current_user, relowner, 'member')
     order by relname`,
  );
  if (!role.rolsuper && owned.rows.length > 0) {
    faults.push(`role ${role.rolname} owns tables: ${owned.rows.map((r) => r.relname).join(', ')}`);
  }
  return faults;
}

async function unwalledTables(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ relname: string; walled: boolean }>(
    `select c.relname, c.relrowsecurity and c.relforcerowsecurity as walled
     from pg_class c
     where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
       and (c.relname = 'tenants' or exists (
         select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'))`,
  );
  if (rows.length === 0) return ['there are no tables: the database is not migrated'];
  return rows
    .filter((row) => !row.walled)
    .map((row) => `table ${row.relname} lacks forced row-level security`);
}
