import type { EndpointId, OutboundDeliveryId } from '../../domain/ids.ts';
import type { EndpointStatus } from '../../domain/outbound.ts';
import type { TenantTx } from '../tenant.ts';

/** A secret of an endpoint as it is stored. */
export interface SealedEndpointSecret {
  readonly id: string;
  readonly kind: 'whsec' | 'hex' | 'ed25519';
  readonly prefix: string;
  readonly sealed: Buffer;
  /** Whether `sealed` is the plain text of a secret that was brought along and is not sealed yet. */
  readonly isLegacy?: boolean;
}

/** An endpoint as an attempt needs it: read anew before each (S-061), its gate locked. */
export interface AttemptEndpoint {
  readonly status: EndpointStatus;
  /** The per-event URL where there is one, else the endpoint's own (S-063). */
  readonly url: string;
  readonly signatureProfile: string;
  readonly signatureHeader: string | null;
  readonly timeoutMs: number;
  readonly maxInFlight: number;
  readonly ratePerMinute: number;
  readonly sealedHeaders: Buffer | null;
  /** The current secrets and those that still sign beside them, newest first. */
  readonly secrets: readonly SealedEndpointSecret[];
  /** Tokens in the bucket as of `idleMs` ago. */
  readonly tokens: number;
  readonly idleMs: number;
  readonly failuresInARow: number;
  readonly lastDurationMs: number | null;
  /** What is left of the lease of this delivery's own attempt, in milliseconds; null without one. */
  readonly leaseLeftMs: number | null;
}

interface GateRow {
  status: EndpointStatus;
  url: string;
  signature_profile: string;
  signature_header: string | null;
  timeout_ms: number;
  max_in_flight: number;
  rate_per_minute: number;
  sealed_headers: Buffer | null;
  secret_ids: string[];
  secret_kinds: SealedEndpointSecret['kind'][];
  secret_prefixes: string[];
  secrets_sealed: Buffer[];
  secrets_legacy: boolean[];
  tokens: number;
  idle_ms: number;
  failures_in_a_row: number;
  last_duration_ms: number | null;
  lease_left_ms: number | null;
}

/**
 * Locks the gate of a delivery's endpoint and reads both. The transaction's commit does not wait for the
 * disk while others wait for the gate: a begun attempt that a crash of the database forgets is begun again. The delivery itself is locked already, so
 * that its attempt cannot change meanwhile. Undefined when the endpoint is gone.
 */
export async function lockGate(
  tx: TenantTx,
  endpointId: EndpointId,
  delivery: { readonly id: OutboundDeliveryId; readonly eventType: string },
): Promise<AttemptEndpoint | undefined> {
  const { rows } = await tx.query<GateRow>({
    name: 'lock_gate',
    text: `
      select e.status, coalesce(e.event_urls ->> $4::text, e.url) as url, e.signature_profile,
        e.signature_header, e.timeout_ms, e.max_in_flight, e.rate_per_minute, e.sealed_headers,
        s.ids as secret_ids, s.kinds as secret_kinds, s.prefixes as secret_prefixes,
        s.sealed as secrets_sealed, s.legacy as secrets_legacy, g.tokens,
        (extract(epoch from clock_timestamp() - g.refilled_at) * 1000)::double precision as idle_ms,
        g.failures_in_a_row, g.last_duration_ms,
        set_config('synchronous_commit', 'off', true) as sync,
        (extract(epoch from (
          select a.lease_until from outbound_attempts a
          where a.tenant_id = $1::uuid and a.delivery_id = $3::uuid and a.finished_at is null
        ) - clock_timestamp()) * 1000)::double precision as lease_left_ms
      from endpoint_gates g
      join endpoints e on e.tenant_id = g.tenant_id and e.id = g.endpoint_id
      cross join lateral (
        select coalesce(array_agg(k.id order by k.created_at desc), '{}') as ids,
          coalesce(array_agg(k.kind order by k.created_at desc), '{}') as kinds,
          coalesce(array_agg(k.prefix order by k.created_at desc), '{}') as prefixes,
          coalesce(array_agg(
            coalesce(k.sealed, convert_to(k.legacy_plaintext, 'UTF8')) order by k.created_at desc
          ), '{}') as sealed,
          coalesce(array_agg(k.sealed is null order by k.created_at desc), '{}') as legacy
        from endpoint_secrets k
        where k.tenant_id = g.tenant_id and k.endpoint_id = g.endpoint_id
          and (k.expires_at is null or k.expires_at > clock_timestamp())
      ) s
      where g.tenant_id = $1::uuid and g.endpoint_id = $2::uuid
      for update of g`,
    values: [tx.tenantId, endpointId, delivery.id, delivery.eventType],
  });
  const [row] = rows;
  return row && toAttemptEndpoint(row);
}

function toAttemptEndpoint(row: GateRow): AttemptEndpoint {
  const secrets = row.secret_ids.flatMap((id, index) => {
    const kind = row.secret_kinds[index];
    const prefix = row.secret_prefixes[index];
    const sealed = row.secrets_sealed[index];
    const isLegacy = row.secrets_legacy[index] ?? false;
    return kind && prefix && sealed ? [{ id, kind, prefix, sealed, isLegacy }] : [];
  });
  return {
    status: row.status,
    url: row.url,
    signatureProfile: row.signature_profile,
    signatureHeader: row.signature_header,
    timeoutMs: row.timeout_ms,
    maxInFlight: row.max_in_flight,
    ratePerMinute: row.rate_per_minute,
    sealedHeaders: row.sealed_headers,
    secrets,
    tokens: row.tokens,
    idleMs: row.idle_ms,
    failuresInARow: row.failures_in_a_row,
    lastDurationMs: row.last_duration_ms,
    leaseLeftMs: row.lease_left_ms,
  };
}

/** Locks the gate only, if the endpoint still has one, before the next statement begins. */
export function lockGateOnly(tx: TenantTx, endpointId: EndpointId): void {
  tx.ahead({
    name: 'lock_gate_only',
    text: `
      select from endpoint_gates
      where tenant_id = $1::uuid and endpoint_id = $2::uuid for update`,
    values: [tx.tenantId, endpointId],
  });
}

/**
 * Notes on a locked gate how its endpoint fares after an attempt. Returns how many attempts in a row
 * had failed before; undefined when the endpoint is gone.
 */
export async function noteHealth(
  tx: TenantTx,
  endpointId: EndpointId,
  attempt: { readonly isSuccess: boolean; readonly durationMs: number },
): Promise<number | undefined> {
  const { rows } = await tx.query<{ failures_before: number }>({
    name: 'note_health',
    text: `
      update endpoint_gates g
      set last_duration_ms = $4::integer,
        failures_in_a_row = case when $3::boolean then 0 else g.failures_in_a_row + 1 end,
        failing_since = case when $3::boolean then null
          else coalesce(g.failing_since, clock_timestamp()) end,
        last_delivered_at = case when $3::boolean then clock_timestamp()
          else g.last_delivered_at end,
        told_percent = case when $3::boolean then 0 else g.told_percent end
      from endpoint_gates before
      where g.tenant_id = $1::uuid and g.endpoint_id = $2::uuid
        and before.tenant_id = g.tenant_id and before.endpoint_id = g.endpoint_id
      returning before.failures_in_a_row as failures_before`,
    values: [tx.tenantId, endpointId, attempt.isSuccess, attempt.durationMs],
  });
  return rows[0]?.failures_before;
}
