import type { Position } from '../../domain/cursor.ts';
import { parseEndpointId, type EndpointId } from '../../domain/ids.ts';
import type { EndpointStatus } from '../../domain/outbound.ts';
import type { RetryProfile } from '../../domain/retry.ts';
import { belongsTo } from '../endpoint-owner.ts';
import { positionColumns, type KeysetPage } from '../keyset.ts';
import type { TenantTx } from '../tenant.ts';

/** What its owner sets on an endpoint. Times and limits name their unit. Empty filters let all through. */
export interface EndpointSettings {
  readonly name: string;
  readonly url: string;
  /** By event type, in place of `url` (S-063). */
  readonly eventUrls: Readonly<Record<string, string>>;
  readonly description: string | null;
  readonly eventTypes: readonly string[];
  readonly resourceTypes: readonly string[];
  readonly channels: readonly string[];
  readonly aiWorkflowStates: readonly string[];
  readonly ownerIds: readonly string[];
  readonly conversationIds: readonly string[];
  readonly labels: readonly string[];
  readonly signatureProfile: string;
  readonly signatureHeader: string | null;
  readonly retryProfile: RetryProfile;
  /** The waits of the profile `custom`. */
  readonly retryWaitsMs: readonly number[] | null;
  readonly timeoutMs: number;
  readonly maxInFlight: number;
  readonly ratePerMinute: number;
  readonly headerNames: readonly string[];
  readonly sealedHeaders: Buffer | null;
}

/** The settings of an endpoint whose owner only gave a URL. */
export const endpointDefaults: Omit<EndpointSettings, 'name' | 'url'> = {
  eventUrls: {},
  description: null,
  eventTypes: [],
  resourceTypes: [],
  channels: [],
  aiWorkflowStates: [],
  ownerIds: [],
  conversationIds: [],
  labels: [],
  signatureProfile: 'standard',
  signatureHeader: null,
  retryProfile: 'standard',
  retryWaitsMs: null,
  timeoutMs: 15_000,
  maxInFlight: 1,
  ratePerMinute: 100,
  headerNames: [],
  sealedHeaders: null,
};

/** An endpoint as it is managed. */
export interface Endpoint extends EndpointSettings {
  readonly id: EndpointId;
  readonly status: EndpointStatus;
  readonly disabledReason: string | null;
  readonly disabledAt: Date | null;
  readonly autoDisabledAt: Date | null;
  readonly ownerUserId: string | null;
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Of the current secret; null when there is none. */
  readonly secretPrefix: string | null;
  readonly publicKey: string | null;
  /** Until when the secret before signs too; null outside a rotation. */
  readonly previousSecretExpiresAt: Date | null;
  readonly health: EndpointHealth;
}

export interface EndpointHealth {
  readonly failuresInARow: number;
  readonly failingSince: Date | null;
  readonly lastAttemptAt: Date | null;
  readonly lastDeliveredAt: Date | null;
  readonly lastDurationMs: number | null;
}

interface EndpointRow {
  id: string;
  name: string;
  url: string;
  event_urls: Record<string, string>;
  description: string | null;
  event_types: string[];
  resource_types: string[];
  channels: string[];
  ai_workflow_states: string[];
  owner_ids: string[];
  conversation_ids: string[];
  labels: string[];
  status: EndpointStatus;
  disabled_reason: string | null;
  disabled_at: Date | null;
  auto_disabled_at: Date | null;
  signature_profile: string;
  signature_header: string | null;
  retry_profile: RetryProfile;
  retry_waits_ms: string[] | null;
  timeout_ms: number;
  max_in_flight: number;
  rate_per_minute: number;
  header_names: string[];
  sealed_headers: Buffer | null;
  owner_user_id: string | null;
  created_by: string | null;
  created_at: Date;
  updated_at: Date;
  secret_prefix: string | null;
  public_key: string | null;
  previous_secret_expires_at: Date | null;
  failures_in_a_row: number;
  failing_since: Date | null;
  last_attempt_at: Date | null;
  last_delivered_at: Date | null;
  last_duration_ms: number | null;
}

/** Of alias `e`, with gate and secrets read beside it. */
const columns = `
  e.id, e.name, e.url, e.event_urls, e.description, e.event_types, e.resource_types, e.channels,
  e.ai_workflow_states, e.owner_ids, e.conversation_ids, e.labels, e.status, e.disabled_reason,
  e.disabled_at, e.auto_disabled_at, e.signature_profile, e.signature_header, e.retry_profile,
  e.retry_waits_ms, e.timeout_ms, e.max_in_flight, e.rate_per_minute, e.header_names,
  e.sealed_headers, e.owner_user_id, e.created_by, e.created_at, e.updated_at,
  current_secret.prefix as secret_prefix, current_secret.public_key,
  (select max(s.expires_at) from endpoint_secrets s
    where s.tenant_id = e.tenant_id and s.endpoint_id = e.id
      and s.expires_at > clock_timestamp()) as previous_secret_expires_at,
  g.failures_in_a_row, g.failing_since, g.last_attempt_at, g.last_delivered_at, g.last_duration_ms`;

const source = `
  endpoints e
  join endpoint_gates g on g.tenant_id = e.tenant_id and g.endpoint_id = e.id
  left join lateral (
    select s.prefix, s.public_key from endpoint_secrets s
    where s.tenant_id = e.tenant_id and s.endpoint_id = e.id and s.expires_at is null
    order by s.created_at desc limit 1
  ) current_secret on true`;

function settingsValues(settings: EndpointSettings): unknown[] {
  return [
    settings.name,
    settings.url,
    JSON.stringify(settings.eventUrls),
    settings.description,
    settings.eventTypes,
    settings.resourceTypes,
    settings.channels,
    settings.aiWorkflowStates,
    settings.ownerIds,
    settings.conversationIds,
    settings.labels,
    settings.signatureProfile,
    settings.signatureHeader,
    settings.retryProfile,
    settings.retryWaitsMs,
    settings.timeoutMs,
    settings.maxInFlight,
    settings.ratePerMinute,
    settings.headerNames,
    settings.sealedHeaders,
  ];
}

/** What a name that is taken violates. */
export const endpointNameConstraint = 'endpoints_tenant_id_name_key';

/** Stores an endpoint with its gate, which begins with a full bucket. */
export async function insertEndpoint(
  tx: TenantTx,
  id: EndpointId,
  settings: EndpointSettings,
  owner: { readonly createdBy: string | null; readonly ownerUserId: string | null },
): Promise<void> {
  await tx.query({
    text: `
      with made as (
        insert into endpoints (tenant_id, id, name, url, event_urls, description, event_types,
          resource_types, channels, ai_workflow_states, owner_ids, conversation_ids, labels,
          signature_profile, signature_header, retry_profile, retry_waits_ms, timeout_ms,
          max_in_flight, rate_per_minute, header_names, sealed_headers, created_by, owner_user_id)
        values ($1::uuid, $2::uuid, $3::text, $4::text, $5::jsonb, $6::text, $7::text[], $8::text[],
          $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text, $15::text,
          $16::text, $17::bigint[], $18::integer, $19::integer, $20::integer, $21::text[],
          $22::bytea, $23::uuid, $24::uuid)
        returning tenant_id, id, rate_per_minute
      )
      insert into endpoint_gates (tenant_id, endpoint_id, tokens)
      select tenant_id, id, rate_per_minute from made`,
    values: [tx.tenantId, id, ...settingsValues(settings), owner.createdBy, owner.ownerUserId],
  });
}

/** Writes all settings of an endpoint. */
export async function updateEndpoint(
  tx: TenantTx,
  id: EndpointId,
  settings: EndpointSettings,
): Promise<void> {
  await tx.query({
    text: `
      update endpoints set name = $3::text, url = $4::text, event_urls = $5::jsonb,
        description = $6::text, event_types = $7::text[], resource_types = $8::text[],
        channels = $9::text[], ai_workflow_states = $10::text[], owner_ids = $11::text[],
        conversation_ids = $12::text[], labels = $13::text[], signature_profile = $14::text,
        signature_header = $15::text, retry_profile = $16::text, retry_waits_ms = $17::bigint[],
        timeout_ms = $18::integer, max_in_flight = $19::integer, rate_per_minute = $20::integer,
        header_names = $21::text[], sealed_headers = $22::bytea, updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, id, ...settingsValues(settings)],
  });
}

/** Sets whether an endpoint takes deliveries. Leaving `disabled` clears why and since when it was. */
export async function setEndpointStatus(
  tx: TenantTx,
  id: EndpointId,
  status: Exclude<EndpointStatus, 'disabled'>,
): Promise<void> {
  await tx.query({
    text: `
      update endpoints
      set status = $3::text, disabled_reason = null, disabled_at = null, auto_disabled_at = null,
        notice_due_at = null,
        enabled_at = case when status = 'disabled' then clock_timestamp() else enabled_at end,
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, id, status],
  });
}

/** One endpoint, or undefined. `lock` keeps others from changing it until the transaction ends. */
export async function findEndpoint(
  tx: TenantTx,
  id: EndpointId,
  lock: 'none' | 'for update' = 'none',
): Promise<Endpoint | undefined> {
  const text = `select ${columns} from ${source} where e.tenant_id = $1::uuid and e.id = $2::uuid`;
  const { rows } = await tx.query<EndpointRow>({
    text: lock === 'none' ? text : `${text} for update of e`,
    values: [tx.tenantId, id],
  });
  return rows[0] && toEndpoint(rows[0]);
}

/** The endpoint of a name, or undefined. */
export async function findEndpointByName(
  tx: TenantTx,
  name: string,
): Promise<Endpoint | undefined> {
  const { rows } = await tx.query<EndpointRow>({
    text: `select ${columns} from ${source} where e.tenant_id = $1::uuid and e.name = $2::text`,
    values: [tx.tenantId, name],
  });
  return rows[0] && toEndpoint(rows[0]);
}

/**
 * The endpoints of the tenant, of one of its users or of nobody, newest first. Takes one row more than `limit`.
 */
export async function listEndpoints(
  tx: TenantTx,
  filter: {
    readonly ownerUserId: string | null;
    readonly status?: EndpointStatus | undefined;
    readonly signatureProfile?: string | undefined;
  },
  { after, limit }: KeysetPage,
): Promise<(Endpoint & { readonly position: Position })[]> {
  const { rows } = await tx.query<EndpointRow & { position_at: string }>({
    text: `
      select ${columns}, ${positionColumns('e.created_at')} from ${source}
      where e.tenant_id = $1::uuid
        and ($2::uuid is null or ${belongsTo('e.owner_user_id', '$2')})
        and ($3::text is null or e.status = $3::text)
        and ($7::text is null or e.signature_profile = $7::text)
        and ($4::timestamptz is null or (e.created_at, e.id) < ($4::timestamptz, $5::uuid))
      order by e.created_at desc, e.id desc
      limit $6::integer`,
    values: [
      tx.tenantId,
      filter.ownerUserId,
      filter.status,
      after?.at,
      after?.id,
      limit + 1,
      filter.signatureProfile,
    ],
  });
  return rows.map((row) => ({ ...toEndpoint(row), position: { at: row.position_at, id: row.id } }));
}

/**
 * How many endpoints the tenant has, or one of its users or nobody. Keeps every other creation of the tenant
 * waiting until this transaction ends, so that the count still holds when the row is written (S-088).
 */
export async function countEndpointsLocked(
  tx: TenantTx,
  ownerUserId: string | null,
): Promise<number> {
  await tx.query({
    text: 'select from tenants where id = $1::uuid for no key update',
    values: [tx.tenantId],
  });
  const { rows } = await tx.query<{ n: number }>({
    text: `
      select count(*)::integer as n from endpoints
      where tenant_id = $1::uuid and ($2::uuid is null or ${belongsTo('owner_user_id', '$2')})`,
    values: [tx.tenantId, ownerUserId],
  });
  return rows[0]?.n ?? 0;
}

/** Whose endpoints a user sees: everybody's, or their own alone where endpoints belong to users. */
export async function readEndpointOwnership(tx: TenantTx): Promise<'tenant' | 'user'> {
  const { rows } = await tx.query<{ endpoint_ownership: 'tenant' | 'user' }>({
    name: 'read_endpoint_ownership',
    text: 'select endpoint_ownership from tenants where id = $1::uuid',
    values: [tx.tenantId],
  });
  return rows[0]?.endpoint_ownership ?? 'tenant';
}

/** Gives each endpoint that is the tenant's to the user who made it. */
export async function claimEndpoints(tx: TenantTx): Promise<void> {
  await tx.query({
    text: `
      update endpoints set owner_user_id = created_by
      where tenant_id = $1::uuid and owner_user_id is null and created_by is not null`,
    values: [tx.tenantId],
  });
}

/** Removes an endpoint with its secrets. Its deliveries stay in the log. False when there is none. */
export async function deleteEndpoint(tx: TenantTx, id: EndpointId): Promise<boolean> {
  const { rowCount } = await tx.query({
    text: 'delete from endpoints where tenant_id = $1::uuid and id = $2::uuid',
    values: [tx.tenantId, id],
  });
  return rowCount === 1;
}

function toEndpoint(row: EndpointRow): Endpoint {
  return {
    id: parseEndpointId(row.id),
    name: row.name,
    url: row.url,
    eventUrls: row.event_urls,
    description: row.description,
    eventTypes: row.event_types,
    resourceTypes: row.resource_types,
    channels: row.channels,
    aiWorkflowStates: row.ai_workflow_states,
    ownerIds: row.owner_ids,
    conversationIds: row.conversation_ids,
    labels: row.labels,
    signatureProfile: row.signature_profile,
    signatureHeader: row.signature_header,
    retryProfile: row.retry_profile,
    retryWaitsMs: row.retry_waits_ms && row.retry_waits_ms.map(Number),
    timeoutMs: row.timeout_ms,
    maxInFlight: row.max_in_flight,
    ratePerMinute: row.rate_per_minute,
    headerNames: row.header_names,
    sealedHeaders: row.sealed_headers,
    status: row.status,
    disabledReason: row.disabled_reason,
    disabledAt: row.disabled_at,
    autoDisabledAt: row.auto_disabled_at,
    ownerUserId: row.owner_user_id,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    secretPrefix: row.secret_prefix,
    publicKey: row.public_key,
    previousSecretExpiresAt: row.previous_secret_expires_at,
    health: {
      failuresInARow: row.failures_in_a_row,
      failingSince: row.failing_since,
      lastAttemptAt: row.last_attempt_at,
      lastDeliveredAt: row.last_delivered_at,
      lastDurationMs: row.last_duration_ms,
    },
  };
}
