import type { EndpointId } from '../../domain/ids.ts';
import type { EndpointStatus } from '../../domain/outbound.ts';
import type { TenantTx } from '../tenant.ts';

/**
 * Disables an endpoint that is not disabled yet; its deliveries are held from then on. `gone` when its
 * receiver said so, `failing` when it has failed for too long. False when there was nothing to disable.
 */
export async function disableEndpoint(
  tx: TenantTx,
  endpointId: EndpointId,
  reason: string,
  cause: 'gone' | 'failing' | 'owner',
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'disable_endpoint',
    text: `
      update endpoints
      set status = 'disabled', disabled_reason = $3::text, disabled_at = clock_timestamp(),
        auto_disabled_at = case when $4::boolean then clock_timestamp() end,
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid and status <> 'disabled'`,
    values: [tx.tenantId, endpointId, reason, cause !== 'owner'],
  });
  return rowCount === 1;
}

/** How an endpoint has fared within a window of time, and whom to tell. */
export interface FailingWindow {
  readonly name: string;
  readonly status: EndpointStatus;
  /** Deliveries that failed for good since the endpoint was last enabled. */
  readonly failures: number;
  readonly hasDelivered: boolean;
  /** HTTP status of the last of the failures; null when there was no answer. */
  readonly lastStatus: number | null;
  /** The step that its owner was last told of, in percent; 0 for none. */
  readonly toldPercent: number;
  readonly createdBy: string | null;
}

/** Reads what decides on an endpoint whose gate is locked: nothing is recorded of it meanwhile. */
export async function readFailingWindow(
  tx: TenantTx,
  endpointId: EndpointId,
  windowMs: number,
): Promise<FailingWindow | undefined> {
  const { rows } = await tx.query<{
    name: string;
    status: EndpointStatus;
    failures: number;
    has_delivered: boolean;
    last_status: number | null;
    told_percent: number;
    created_by: string | null;
  }>({
    text: `
      select e.name, e.status, e.created_by, g.told_percent, w.failures, w.last_status,
        exists (
          select from outbound_deliveries d
          where d.tenant_id = e.tenant_id and d.endpoint_id = e.id and d.status = 'delivered'
            and d.settled_at > clock_timestamp() - make_interval(secs => $3::bigint / 1000.0)
        ) as has_delivered
      from endpoints e
      join endpoint_gates g on g.tenant_id = e.tenant_id and g.endpoint_id = e.id
      cross join lateral (
        select count(*)::integer as failures,
          (array_agg(d.last_status_code order by d.settled_at desc))[1] as last_status
        from outbound_deliveries d
        where d.tenant_id = e.tenant_id and d.endpoint_id = e.id and d.status = 'failed'
          and d.settled_at > greatest(e.enabled_at,
            clock_timestamp() - make_interval(secs => $3::bigint / 1000.0))
      ) w
      where e.tenant_id = $1::uuid and e.id = $2::uuid`,
    values: [tx.tenantId, endpointId, windowMs],
  });
  const [row] = rows;
  return (
    row && {
      name: row.name,
      status: row.status,
      failures: row.failures,
      hasDelivered: row.has_delivered,
      lastStatus: row.last_status,
      toldPercent: row.told_percent,
      createdBy: row.created_by,
    }
  );
}

/** Notes up to which step the owner of an endpoint has been told of its failures, in percent. */
export async function setToldPercent(
  tx: TenantTx,
  endpointId: EndpointId,
  percent: number,
): Promise<void> {
  await tx.query({
    text: `
      update endpoint_gates set told_percent = $3::integer
      where tenant_id = $1::uuid and endpoint_id = $2::uuid`,
    values: [tx.tenantId, endpointId, percent],
  });
}

/** Mail addresses of those who answer for an endpoint: its maker while active, else the tenant's owners. */
export async function listResponsible(tx: TenantTx, createdBy: string | null): Promise<string[]> {
  const { rows } = await tx.query<{ email: string }>({
    text: `
      with maker as (
        select email from users where tenant_id = $1::uuid and id = $2::uuid and is_active
      )
      select email from maker
      union all
      select email from users
      where tenant_id = $1::uuid and role = 'owner' and is_active and not exists (select from maker)
      order by email limit 20`,
    values: [tx.tenantId, createdBy],
  });
  return rows.map(({ email }) => email);
}
