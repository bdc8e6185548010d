import {
  parseEndpointId,
  parseOutboundDeliveryId,
  parseTenantId,
  type EndpointId,
  type OutboundDeliveryId,
  type TenantId,
} from '../../domain/ids.ts';
import type { Pool } from '../pool.ts';

/** What maintenance jobs find across tenants, through the functions of migrations 0015 and 0024. */

export interface DueEndpoint {
  readonly tenantId: TenantId;
  readonly endpointId: EndpointId;
}

interface EndpointRow {
  tenant_id: string;
  endpoint_id: string;
}

const toDueEndpoint = (row: EndpointRow): DueEndpoint => ({
  tenantId: parseTenantId(row.tenant_id),
  endpointId: parseEndpointId(row.endpoint_id),
});

/** Rotations of which something is due: a warning, or the end. */
export async function listDueRotations(pool: Pool, rowsMax: number): Promise<DueEndpoint[]> {
  const { rows } = await pool.query<EndpointRow>({
    text: 'select tenant_id, endpoint_id from due_rotations($1::integer)',
    values: [rowsMax],
  });
  return rows.map(toDueEndpoint);
}

/** Rotations that no run was seen to look after. */
export async function listUnwatchedRotations(pool: Pool, rowsMax: number): Promise<DueEndpoint[]> {
  const { rows } = await pool.query<EndpointRow>({
    text: 'select tenant_id, endpoint_id from unwatched_rotations($1::integer)',
    values: [rowsMax],
  });
  return rows.map(toDueEndpoint);
}

/** When an endpoint counts as failing. */
export interface FailingMeasure {
  readonly windowMs: number;
  readonly failuresMax: number;
  /** Percentages of `failuresMax` at which its owner is told. */
  readonly steps: readonly number[];
}

/** Endpoints of whose failures there is news. */
export async function listFailingEndpoints(
  pool: Pool,
  measure: FailingMeasure,
  rowsMax: number,
): Promise<DueEndpoint[]> {
  const { rows } = await pool.query<EndpointRow>({
    text: `
      select tenant_id, endpoint_id
      from failing_endpoints($1::bigint, $2::integer, $3::integer[], $4::integer)`,
    values: [measure.windowMs, measure.failuresMax, measure.steps, rowsMax],
  });
  return rows.map(toDueEndpoint);
}

/** Endpoints of which a mail to their owners is due. */
export async function listOwedNotices(pool: Pool, rowsMax: number): Promise<DueEndpoint[]> {
  const { rows } = await pool.query<EndpointRow>({
    text: 'select tenant_id, endpoint_id from owed_notices($1::integer)',
    values: [rowsMax],
  });
  return rows.map(toDueEndpoint);
}

/** Replays that are to run and on which nothing has moved for the age. */
export async function listStalledReplays(
  pool: Pool,
  olderThanMs: number,
  rowsMax: number,
): Promise<{ readonly tenantId: TenantId; readonly jobId: string }[]> {
  const { rows } = await pool.query<{ tenant_id: string; job_id: string }>({
    text: 'select tenant_id, job_id from stalled_replays($1::bigint, $2::integer)',
    values: [olderThanMs, rowsMax],
  });
  return rows.map((row) => ({ tenantId: parseTenantId(row.tenant_id), jobId: row.job_id }));
}

/** Deliveries that are open although they were made longer ago than the age. */
export async function listOldOpenDeliveries(
  pool: Pool,
  olderThanMs: number,
  rowsMax: number,
): Promise<{ readonly tenantId: TenantId; readonly deliveryId: OutboundDeliveryId }[]> {
  const { rows } = await pool.query<{ tenant_id: string; delivery_id: string }>({
    text: 'select tenant_id, delivery_id from old_open_deliveries($1::bigint, $2::integer)',
    values: [olderThanMs, rowsMax],
  });
  return rows.map((row) => ({
    tenantId: parseTenantId(row.tenant_id),
    deliveryId: parseOutboundDeliveryId(row.delivery_id),
  }));
}

/** Secrets that were brought along as plain text and are not sealed yet. */
export async function listLegacySecrets(
  pool: Pool,
  rowsMax: number,
): Promise<(DueEndpoint & { readonly secretId: string })[]> {
  const { rows } = await pool.query<EndpointRow & { id: string }>({
    text: 'select tenant_id, endpoint_id, id from legacy_secrets($1::integer)',
    values: [rowsMax],
  });
  return rows.map((row) => ({ ...toDueEndpoint(row), secretId: row.id }));
}

/** How many secrets are not sealed yet, over all tenants. */
export async function countLegacySecrets(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>('select count_legacy_secrets()::integer as n');
  return rows[0]?.n ?? 0;
}
