import type { PoolClient, QueryResultRow } from 'pg';
import type { TenantId } from '../domain/ids.ts';
import type { Pool } from './pool.ts';

/**
 * A transaction bound to one tenant. Queries take it as their first argument and put its `tenantId`
 * into their own where clauses; row-level security is the second wall behind them.
 */
export interface TenantTx {
  readonly tenantId: TenantId;
  query<Row extends QueryResultRow>(
    statement: Statement,
  ): Promise<{ readonly rows: Row[]; readonly rowCount: number }>;
}

export interface Statement {
  /** Named statements are prepared once per connection. */
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** Runs work inside one tenant's transaction. */
export type WithTenant = <Result>(
  tenantId: TenantId,
  work: (tx: TenantTx) => Promise<Result>,
) => Promise<Result>;

/** The only way to touch tenant tables: a transaction whose `app.tenant` setting names the tenant. */
export function makeWithTenant(pool: Pool): WithTenant {
  return async (tenantId, work) => {
    const client = await pool.connect();
    try {
      // One round trip for both statements. The id is a branded UUID, checked where it was made.
      await client.query(`begin; select set_config('app.tenant', '${tenantId}', true)`);
      const result = await work(bind(client, tenantId));
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      // A connection whose state is in doubt is closed, which rolls back as well.
      const isClean = await client.query('rollback').then(
        () => true,
        () => false,
      );
      client.release(!isClean);
      throw error;
    }
  };
}

function bind(client: PoolClient, tenantId: TenantId): TenantTx {
  return {
    tenantId,
    async query<Row extends QueryResultRow>(statement: Statement) {
      const result = await client.query<Row>({
        ...statement,
        values: [...(statement.values ?? [])],
      });
      return { rows: result.rows, rowCount: result.rowCount ?? 0 };
    },
  };
}
