import { randomUUID } from 'node:crypto';
import { Client, Pool } from 'pg';
import { inject } from 'vitest';
import { makePool, type Pool as AppPool } from '../../shared/db/pool.ts';
import { databaseRoles, urlForRole } from '../../shared/db/provision.ts';
import { templateDatabase } from './servers.ts';

/** A migrated database of a test file's own. */
export interface TestDatabase {
  /** As the application sees it. */
  readonly appUrl: string;
  readonly migratorUrl: string;
  /** As a superuser, past every wall: for looking at what the application did. */
  readonly admin: Pool;
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const { adminUrl, migratorPassword, appPassword } = inject('servers');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(
    adminUrl,
    `create database ${name} template ${templateDatabase} strategy file_copy`,
  );
  const admin = openAdminPool(name);
  return {
    appUrl: urlForRole(adminUrl, databaseRoles.app, appPassword, name),
    migratorUrl: urlForRole(adminUrl, databaseRoles.migrator, migratorPassword, name),
    admin,
    async drop() {
      await admin.end();
      await dropTestDatabase(name);
    },
  };
}

/** A superuser's pool to a database of a test. */
export function openAdminPool(name: string): Pool {
  const { adminUrl } = inject('servers');
  const admin = new Pool({ connectionString: new URL(`/${name}`, adminUrl).toString(), max: 4 });
  // The drop ends connections that are still closing.
  admin.on('error', () => undefined);
  admin.on('connect', (client) => client.on('error', () => undefined));
  return admin;
}

export const dropTestDatabase = (name: string): Promise<void> =>
  asAdmin(inject('servers').adminUrl, `drop database ${name} with (force)`);

/** A pool of the application's role, as a process of the product opens one. */
export function openAppPool(appUrl: string, connectionsMax = 2): AppPool {
  return makePool({
    connectionString: appUrl,
    connectionsMax,
    applicationName: 'test',
    acquireTimeoutMs: 5_000,
    statementTimeoutMs: 5_000,
    onError: () => undefined,
  });
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
