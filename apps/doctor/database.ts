import { makePool, type Pool } from '../../shared/db/pool.ts';
import { fail, ok, type Finding } from './finding.ts';

const acquireTimeoutMs = 3_000;
const statementTimeoutMs = 5_000;
/** Signatures with a time are refused beyond 300 s; leases and schedules want far less. */
const clockSkewMaxMs = 5_000;

/** Runs a look at a database on a connection of its own. */
export async function withDatabase(
  connectionString: string,
  look: (pool: Pool) => Promise<Finding>,
): Promise<Finding> {
  const pool = makePool({
    connectionString,
    connectionsMax: 1,
    applicationName: 'tidegate-doctor',
    acquireTimeoutMs,
    statementTimeoutMs,
    onError: () => undefined,
  });
  try {
    return await look(pool);
  } finally {
    await pool.end();
  }
}

/** Whether the database answers, and as whom. */
export const databaseFinding = (connectionString: string): Promise<Finding> =>
  withDatabase(connectionString, async (pool) => {
    const { rows } = await pool.query<{ role: string; version: string }>(
      `select current_user as role, current_setting('server_version') as version`,
    );
    return ok(`Postgres ${rows[0]?.version} answers as ${rows[0]?.role}`);
  });

/** Whether a role may make the roles and the database that `npm start` makes. */
export const administratorFinding = (connectionString: string): Promise<Finding> =>
  withDatabase(connectionString, async (pool) => {
    const { rows } = await pool.query<{ role: string; may: boolean }>(
      `select rolname as role, rolsuper or (rolcreaterole and rolcreatedb) as may
       from pg_roles where rolname = current_user`,
    );
    const [row] = rows;
    if (row?.may === true) return ok(`${row.role} may create roles and databases`);
    return fail(
      `${row?.role ?? 'the role'} may not create roles and databases`,
      'npm start prepares the database itself: let DATABASE_URL name an administrator, or leave it out',
    );
  });

/** Whether this machine and the database agree on the time; the way there and back is allowed for. */
export const clockFinding = (connectionString: string): Promise<Finding> =>
  withDatabase(connectionString, async (pool) => {
    // The first query pays for the connection.
    await pool.query('select 1');
    const sentAtMs = Date.now();
    const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now');
    const receivedAtMs = Date.now();
    const halfWayMs = (sentAtMs + receivedAtMs) / 2;
    const skewMs = Math.abs((rows[0]?.now.getTime() ?? 0) - halfWayMs);
    const toleranceMs = clockSkewMaxMs + (receivedAtMs - sentAtMs) / 2;
    if (skewMs <= toleranceMs) return ok(`within ${Math.ceil(skewMs)} ms of the database`);
    return fail(
      `${Math.round(skewMs / 1_000)} s away from the database`,
      'keep both machines on network time',
    );
  });
