import type { BootstrapConfig } from '../../shared/config/schema.ts';
import type { TemporalConfig } from '../../shared/config/temporal.ts';
import { assertMasterKeys, rewrapDataKeys } from '../../shared/crypto/data-keys.ts';
import { assertTenantWalls } from '../../shared/db/boot-check.ts';
import { migrate } from '../../shared/db/migrate.ts';
import { makePool } from '../../shared/db/pool.ts';
import { databaseRoles, provisionDatabase } from '../../shared/db/provision.ts';
import { schemaVersion } from '../../shared/db/schema-version.ts';
import { makeWithTenant } from '../../shared/db/tenant.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { prepareTemporal } from './temporal.ts';

const acquireTimeoutMs = 10_000;
const statementTimeoutMs = 60_000;

/**
 * Brings everything that must exist before gateways and workers run to what this version wants, and
 * logs what it did: roles and database, migrations, the wrapping of the data keys, namespace, search
 * attributes, schedules. Safe to repeat, from nothing and from any older state. Throws at the first
 * step that cannot be done.
 */
export async function bootstrap(
  config: BootstrapConfig,
  temporal: TemporalConfig,
  log: Logger,
): Promise<void> {
  const ran = await prepareSchema(config);
  log.info(
    { event: 'bootstrap.database', ran, schema: schemaVersion },
    ran.length > 0 ? 'the schema was migrated' : 'the schema is current',
  );
  const keys = await prepareKeys(config);
  log.info({ event: 'bootstrap.keys', ...keys }, 'data keys are wrapped with the first master key');
  const { namespace, schedules } = await prepareTemporal(temporal, config);
  log.info(
    { event: 'bootstrap.temporal', namespace: temporal.namespace, ...namespace, schedules },
    'namespace, search attributes and schedules are in place',
  );
}

async function prepareSchema(config: BootstrapConfig): Promise<readonly string[]> {
  const migrator = loginOf(config.TIDEGATE_DATABASE_MIGRATOR_URL);
  const app = loginOf(config.DATABASE_URL);
  if (migrator.database !== app.database) {
    throw new Error(
      `TIDEGATE_DATABASE_MIGRATOR_URL names the database ${migrator.database}, DATABASE_URL names ${app.database}: they must be one`,
    );
  }
  if (config.TIDEGATE_DATABASE_ADMIN_URL !== undefined) {
    await provisionDatabase({
      adminUrl: config.TIDEGATE_DATABASE_ADMIN_URL,
      database: app.database,
      migratorPassword: passwordFor(
        databaseRoles.migrator,
        'TIDEGATE_DATABASE_MIGRATOR_URL',
        migrator,
      ),
      appPassword: passwordFor(databaseRoles.app, 'DATABASE_URL', app),
    });
  }
  return migrate(config.TIDEGATE_DATABASE_MIGRATOR_URL);
}

interface Login {
  readonly role: string;
  readonly password: string;
  readonly database: string;
}

function loginOf(connectionString: string): Login {
  const { username, password, pathname } = new URL(connectionString);
  return {
    role: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
  };
}

/** The password that a connection string gives to a role that is about to be made. */
function passwordFor(role: string, setting: string, login: Login): string {
  if (login.role === role && login.password !== '') return login.password;
  throw new Error(
    `${setting} must name the role ${role} and its password, which is set by this job`,
  );
}

async function prepareKeys(config: BootstrapConfig) {
  const pool = makePool({
    connectionString: config.DATABASE_URL,
    connectionsMax: 2,
    applicationName: 'tidegate-bootstrap',
    acquireTimeoutMs,
    statementTimeoutMs,
    onError: () => undefined,
  });
  try {
    await assertTenantWalls(pool);
    await assertMasterKeys(pool, config.TIDEGATE_MASTER_KEYS);
    return await rewrapDataKeys(pool, makeWithTenant(pool), config.TIDEGATE_MASTER_KEYS);
  } finally {
    await pool.end();
  }
}
