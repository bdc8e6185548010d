import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

/** Where the migrations are. */
export const migrationsDir = fileURLToPath(new URL('migrations', import.meta.url));

/**
 * Runs every migration that the database has not seen, in order, under an advisory lock, each in a
 * transaction of its own. Takes the migrator's connection string; returns the names that ran.
 */
export async function migrate(migratorUrl: string): Promise<string[]> {
  const ran = await runner({
    databaseUrl: migratorUrl,
    dir: migrationsDir,
    direction: 'up',
    migrationsTable: 'schema_migrations',
    checkOrder: true,
    singleTransaction: false,
    advisoryLockMode: 'wait',
    // The runner's own progress lines say less than the list this function returns.
    log: () => undefined,
  });
  return ran.map((migration) => migration.name);
}
