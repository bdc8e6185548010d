import { Client, escapeIdentifier, escapeLiteral } from 'pg';

/** The three roles of an installation (design: security.md section 5). */
export const databaseRoles = {
  /** Owns the tables and runs migrations. */
  migrator: 'tidegate_migrator',
  /** What gateway and worker run as: owns nothing and sees one tenant at a time. */
  app: 'tidegate_app',
  /** Cannot log in. Owns the few functions that look across tenants. */
  system: 'tidegate_system',
} as const;

export interface ProvisionOptions {
  /** A connection that may create roles and databases, to any database of the server. */
  readonly adminUrl: string;
  readonly database: string;
  readonly migratorPassword: string;
  readonly appPassword: string;
}

/**
 * Makes the roles and the database when they are missing and sets the passwords. Safe to repeat.
 * Takes an administrator's connection; nothing else in Tidegate ever needs one.
 */
export async function provisionDatabase(options: ProvisionOptions): Promise<void> {
  const client = new Client({ connectionString: options.adminUrl });
  await client.connect();
  try {
    await ensureRole(client, databaseRoles.system, 'nologin');
    await ensureRole(client, databaseRoles.migrator, login(options.migratorPassword));
    await ensureRole(client, databaseRoles.app, login(options.appPassword));
    await client.query(`grant ${databaseRoles.system} to ${databaseRoles.migrator}`);
    await client.query(`grant ${databaseRoles.migrator} to current_user`);
    await ensureDatabase(client, options.database);
  } finally {
    await client.end();
  }
}

/** A connection string to a database on the server of `adminUrl`, as another role. */
export function urlForRole(
  adminUrl: string,
  role: string,
  password: string,
  database: string,
): string {
  const url = new URL(adminUrl);
  url.username = role;
  url.password = password;
  url.pathname = `/${database}`;
  return url.toString();
}

const login = (password: string): string => `login password ${escapeLiteral(password)}`;

async function ensureRole(client: Client, role: string, options: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
  const verb = rowCount === 0 ? 'create' : 'alter';
  await client.query(
    `${verb} role ${role} with nosuperuser nocreatedb nocreaterole nobypassrls ${options}`,
  );
}

async function ensureDatabase(client: Client, database: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
  const name = escapeIdentifier(database);
  if (rowCount === 0) {
    await client.query(`create database ${name} owner ${databaseRoles.migrator}`);
  } else {
    await client.query(`alter database ${name} owner to ${databaseRoles.migrator}`);
  }
}
