import type { EndpointId } from '../../domain/ids.ts';
import type { TenantTx } from '../tenant.ts';

/** An endpoint that is locked while its secrets change. */
export interface LockedEndpoint {
  readonly id: EndpointId;
  readonly signatureProfile: string;
}

/** Locks an endpoint, so that its secrets change one at a time. Undefined when there is none. */
export async function lockEndpointSecrets(
  tx: TenantTx,
  id: EndpointId,
): Promise<LockedEndpoint | undefined> {
  const { rows } = await tx.query<{ signature_profile: string }>({
    text: `
      select signature_profile from endpoints
      where tenant_id = $1::uuid and id = $2::uuid for update`,
    values: [tx.tenantId, id],
  });
  return rows[0] && { id, signatureProfile: rows[0].signature_profile };
}

/** Notes that the configuration of an endpoint has changed. */
export async function stampEndpoint(tx: TenantTx, id: EndpointId): Promise<void> {
  await tx.query({
    text: `
      update endpoints set updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, id],
  });
}

/** The prefix by which people know the current secret; undefined when there is none. */
export async function currentSecretPrefix(
  tx: TenantTx,
  endpointId: EndpointId,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ prefix: string }>({
    text: `
      select prefix from endpoint_secrets
      where tenant_id = $1::uuid and endpoint_id = $2::uuid and expires_at is null
      order by created_at desc limit 1`,
    values: [tx.tenantId, endpointId],
  });
  return rows[0]?.prefix;
}

/**
 * Gives the current secrets an end, and a time at which their owner is warned of it, both in seconds
 * from now. Returns the end; undefined when there was no secret.
 */
export async function endCurrentSecrets(
  tx: TenantTx,
  endpointId: EndpointId,
  times: { readonly graceSeconds: number; readonly warnAfterSeconds: number },
): Promise<Date | undefined> {
  const { rows } = await tx.query<{ expires_at: Date }>({
    text: `
      update endpoint_secrets s
      set expires_at = n.at + make_interval(secs => $3::double precision),
        warn_at = n.at + make_interval(secs => $4::double precision), watched_at = null
      from (select clock_timestamp() as at) n
      where s.tenant_id = $1::uuid and s.endpoint_id = $2::uuid and s.expires_at is null
      returning s.expires_at`,
    values: [tx.tenantId, endpointId, times.graceSeconds, times.warnAfterSeconds],
  });
  return rows[0]?.expires_at;
}

/** Makes the secrets from before a rotation the current ones again. Returns how many there are. */
export async function restorePreviousSecrets(
  tx: TenantTx,
  endpointId: EndpointId,
): Promise<number> {
  const { rowCount } = await tx.query({
    text: `
      update endpoint_secrets set expires_at = null, warn_at = null, watched_at = null
      where tenant_id = $1::uuid and endpoint_id = $2::uuid and expires_at > clock_timestamp()`,
    values: [tx.tenantId, endpointId],
  });
  return rowCount;
}

/** Deletes the secrets that new deliveries are signed with first. Returns how many there were. */
export async function eraseCurrentSecrets(tx: TenantTx, endpointId: EndpointId): Promise<number> {
  const { rowCount } = await tx.query({
    text: `
      delete from endpoint_secrets
      where tenant_id = $1::uuid and endpoint_id = $2::uuid and expires_at is null`,
    values: [tx.tenantId, endpointId],
  });
  return rowCount;
}

/**
 * Deletes the secrets from before a rotation: all of them, or those that have ended. Returns when the
 * last of them ended or would have; undefined when there was none.
 */
export async function erasePreviousSecrets(
  tx: TenantTx,
  endpointId: EndpointId,
  which: 'all' | 'ended',
): Promise<Date | undefined> {
  const { rows } = await tx.query<{ expires_at: Date | null }>({
    text: `
      with erased as (
        delete from endpoint_secrets
        where tenant_id = $1::uuid and endpoint_id = $2::uuid and expires_at is not null
          and ($3::boolean or expires_at <= clock_timestamp())
        returning expires_at
      )
      select max(expires_at) as expires_at from erased`,
    values: [tx.tenantId, endpointId, which === 'all'],
  });
  return rows[0]?.expires_at ?? undefined;
}

/**
 * Takes the warning of an endpoint's rotation if it is due: of any number that ask, one gets it. Returns
 * when the old secret ends.
 */
export async function takeRotationWarning(
  tx: TenantTx,
  endpointId: EndpointId,
): Promise<Date | undefined> {
  const { rows } = await tx.query<{ expires_at: Date }>({
    text: `
      update endpoint_secrets set warn_at = null
      where tenant_id = $1::uuid and endpoint_id = $2::uuid and warn_at <= clock_timestamp()
      returning expires_at`,
    values: [tx.tenantId, endpointId],
  });
  return rows[0]?.expires_at;
}

/** What is still to come of a rotation, in milliseconds from now. */
export interface RotationStanding {
  readonly endsInMs: number;
  /** Null once the owner has been warned. */
  readonly warnsInMs: number | null;
}

/** Where the rotation of an endpoint stands, noting that someone looks after it. Undefined without one. */
export async function watchRotation(
  tx: TenantTx,
  endpointId: EndpointId,
): Promise<RotationStanding | undefined> {
  const { rows } = await tx.query<{ ends_in_ms: number; warns_in_ms: number | null }>({
    text: `
      with watched as (
        update endpoint_secrets set watched_at = clock_timestamp()
        where tenant_id = $1::uuid and endpoint_id = $2::uuid and expires_at is not null
        returning expires_at, warn_at
      )
      select (extract(epoch from max(expires_at) - clock_timestamp()) * 1000)::double precision
          as ends_in_ms,
        (extract(epoch from min(warn_at) - clock_timestamp()) * 1000)::double precision
          as warns_in_ms
      from watched having count(*) > 0`,
    values: [tx.tenantId, endpointId],
  });
  return rows[0] && { endsInMs: rows[0].ends_in_ms, warnsInMs: rows[0].warns_in_ms };
}

/** Locks a secret that is stored as plain text and reads it; undefined when it was sealed meanwhile. */
export async function lockLegacySecret(
  tx: TenantTx,
  endpointId: EndpointId,
  secretId: string,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ legacy_plaintext: string }>({
    text: `
      select legacy_plaintext from endpoint_secrets
      where tenant_id = $1::uuid and endpoint_id = $2::uuid and id = $3::uuid
        and legacy_plaintext is not null
      for update`,
    values: [tx.tenantId, endpointId, secretId],
  });
  return rows[0]?.legacy_plaintext;
}

/** Puts the sealed form of a secret in the place of its plain text. */
export async function replaceLegacySecret(
  tx: TenantTx,
  endpointId: EndpointId,
  secretId: string,
  sealed: Buffer,
): Promise<void> {
  await tx.query({
    text: `
      update endpoint_secrets set sealed = $4::bytea, legacy_plaintext = null
      where tenant_id = $1::uuid and endpoint_id = $2::uuid and id = $3::uuid`,
    values: [tx.tenantId, endpointId, secretId, sealed],
  });
}
