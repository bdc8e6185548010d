import { DatabaseError, Pool as PgPool } from 'pg';

export type Pool = PgPool;

/** Limits of a pool, in milliseconds where the name says so. */
export interface PoolOptions {
  readonly connectionString: string;
  readonly connectionsMax: number;
  readonly applicationName: string;
  /** How long a caller waits for a free connection before it is told that there is none. */
  readonly acquireTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly onError: (error: Error) => void;
}

const idleTimeoutMs = 300_000;

/** Opens a pool. Idle connections that break are reported to `onError` and replaced. */
export function makePool(options: PoolOptions): Pool {
  const pool = new PgPool({
    connectionString: options.connectionString,
    max: options.connectionsMax,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.acquireTimeoutMs,
    // A connection knows its prepared statements, and the server what they read: a pause between two
    // bursts must not cost the second one all of that.
    idleTimeoutMillis: idleTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    lock_timeout: options.statementTimeoutMs,
    idle_in_transaction_session_timeout: options.statementTimeoutMs * 2,
    keepAlive: true,
    // Statements that are not waited for share a packet (tenant.ts).
    pipeline: true,
  });
  pool.on('error', options.onError);
  // The pool listens to idle connections only. One that breaks between two statements of a transaction
  // would end the process; the next statement on it fails in any case, and says why.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** SQLSTATE classes that say the server is away, starting, stopping or full: the request may come again. */
const unavailableClasses = new Set(['08', '53', '57']);
const unavailableCodes = new Set(['25006', '55P03', '40001', '40P01']);
const socketCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);

/** True for errors that mean "the database cannot serve this now", as against a fault of ours. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  if (socketCodes.has(code) || unavailableCodes.has(code)) return true;
  if (code.length === 5 && unavailableClasses.has(code.slice(0, 2))) return true;
  // The driver reports these two without a code.
  return (
    error.message.startsWith('Connection terminated') ||
    error.message.startsWith('timeout exceeded when trying to connect')
  );
}

/** Violated constraints that no later try mends: not null, foreign key, check. */
const permanentViolations = new Set(['23502', '23503', '23514']);

/**
 * True for errors that mean "this value cannot be stored", whenever it is tried. A unique violation is
 * not among them: it may be the trace of a race that a second try settles.
 */
export function isRefusedValue(error: unknown): boolean {
  const code = databaseError(error)?.code ?? '';
  return code.startsWith('22') || permanentViolations.has(code);
}

/** True for the refusal of a text, or of one within JSON, that has a NUL in it. */
export function isUnstorableText(error: unknown): boolean {
  const code = databaseError(error)?.code;
  return code === '22021' || code === '22P05';
}

/** The SQLSTATE and constraint of a database error, or undefined for anything else. */
export function databaseError(
  error: unknown,
): { readonly code: string; readonly constraint: string | undefined } | undefined {
  if (!(error instanceof DatabaseError) || error.code === undefined) return undefined;
  return { code: error.code, constraint: error.constraint };
}
