import { readdirSync } from 'node:fs';
import { databaseError, type Pool } from './pool.ts';
import { migrationsDir } from './migrate.ts';

/** The migrations that this code wants, in order, by name. */
export const wantedMigrations: readonly string[] = readdirSync(migrationsDir)
  .filter((file) => file.endsWith('.sql'))
  .map((file) => file.replace(/\.sql$/, ''))
  .toSorted();

/** The newest of them: what operators know the schema by. */
export const schemaVersion: string = wantedMigrations.at(-1) ?? 'none';

/** Undefined table, and no right to read it: a database from before this check. */
const unreadableCodes = new Set(['42P01', '42501']);

/**
 * The migrations that the database lacks. One that has more than the code wants is fine: migrations
 * run before the code that needs them is rolled out, and older code works on a newer schema.
 */
export async function missingMigrations(pool: Pool): Promise<readonly string[]> {
  try {
    const { rows } = await pool.query<{ name: string }>('select name from schema_migrations');
    const ran = new Set(rows.map(({ name }) => name));
    return wantedMigrations.filter((name) => !ran.has(name));
  } catch (error) {
    if (unreadableCodes.has(databaseError(error)?.code ?? '')) return wantedMigrations;
    throw error;
  }
}

/** Says what to do while the database lacks migrations; undefined when it has all. */
export async function schemaTrouble(pool: Pool): Promise<string | undefined> {
  const missing = await missingMigrations(pool);
  if (missing.length === 0) return undefined;
  return `the database lacks ${missing.join(', ')}: run the bootstrap job of this version`;
}
