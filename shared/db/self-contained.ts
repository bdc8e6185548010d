import type { TenantId } from '../domain/ids.ts';
import type { Pool } from './pool.ts';
import type { TenantTx } from './tenant.ts';

/** Where statements of a tenant are run. */
export type TenantStatements = Pick<TenantTx, 'tenantId' | 'query'>;

/** Runs single statements of a tenant that name it to the database themselves. */
export type SelfContained = (tenantId: TenantId) => TenantStatements;

/**
 * Sends a statement with no transaction around it, which is one round trip instead of three. For
 * functions that set `app.tenant` first and do all of their work after it (migration 0016); any other
 * statement finds nothing in a tenant's table here, because no tenant is named and the wall stands.
 */
export function makeSelfContained(pool: Pool): SelfContained {
  return (tenantId) => ({
    tenantId,
    async query(statement) {
      const { rows, rowCount } = await pool.query({
        ...statement,
        values: [...(statement.values ?? [])],
      });
      return { rows, rowCount: rowCount ?? 0 };
    },
  });
}
