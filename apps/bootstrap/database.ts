import { migrate } from '../../shared/db/migrate.ts';
import { databaseRoles, provisionDatabase, urlForRole } from '../../shared/db/provision.ts';

export interface DatabaseSetup {
  /** A connection that may create roles and databases. */
  readonly adminUrl: string;
  readonly database: string;
  readonly migratorPassword: string;
  readonly appPassword: string;
}

export interface PreparedDatabase {
  /** What gateway and worker connect with. */
  readonly appUrl: string;
  /** Names of the migrations that ran now. */
  readonly ran: readonly string[];
}

/** Roles, database and tables, from nothing or from any older state. Safe to repeat. */
export async function prepareDatabase(setup: DatabaseSetup): Promise<PreparedDatabase> {
  await provisionDatabase(setup);
  const { adminUrl, database } = setup;
  const ran = await migrate(
    urlForRole(adminUrl, databaseRoles.migrator, setup.migratorPassword, database),
  );
  return { appUrl: urlForRole(adminUrl, databaseRoles.app, setup.appPassword, database), ran };
}
