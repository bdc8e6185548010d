import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { runner } from 'node-pg-migrate';
import type { Pool } from 'pg';
import { inject } from 'vitest';
import { migrate, migrationsDir } from '../../shared/db/migrate.ts';
import { databaseRoles, provisionDatabase, urlForRole } from '../../shared/db/provision.ts';
import { dropTestDatabase, openAdminPool } from './database.ts';

/** A database as an older version left it. */
export interface OlderDatabase {
  /** As a superuser, past every wall. */
  readonly admin: Pool;
  /** Runs the migrations that it has not seen; returns their names. */
  upgrade(): Promise<string[]>;
  drop(): Promise<void>;
}

/** A database with the migrations before a number, such as `0020`, and nothing in it. */
export async function createOlderDatabase(before: string): Promise<OlderDatabase> {
  const { adminUrl, migratorPassword, appPassword } = inject('servers');
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  await provisionDatabase({ adminUrl, database, migratorPassword, appPassword });
  const databaseUrl = urlForRole(adminUrl, databaseRoles.migrator, migratorPassword, database);
  await runner({
    databaseUrl,
    dir: migrationsDir,
    direction: 'up',
    migrationsTable: 'schema_migrations',
    count: readdirSync(migrationsDir).filter((name) => name < before).length,
    singleTransaction: false,
    log: () => undefined,
  });
  const admin = openAdminPool(database);
  return {
    admin,
    upgrade: () => migrate(databaseUrl),
    async drop() {
      await admin.end();
      await dropTestDatabase(database);
    },
  };
}
