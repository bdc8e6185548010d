import type { HookId } from '../../domain/ids.ts';
import { toStorableJson } from '../../domain/storable-text.ts';
import type { TenantTx } from '../tenant.ts';

/** A captured request: customer data. */
export interface Sample {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
}

/** Opens the window in which the next verified body becomes the sample; opening again starts anew. */
export async function armCapture(
  tx: TenantTx,
  hookId: HookId,
  windowSeconds: number,
): Promise<void> {
  await tx.query({
    text: `
      update hooks
      set sample_capture_expires_at = clock_timestamp() + make_interval(secs => $3::integer)
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, hookId, windowSeconds],
  });
}

/** Stores the sample and closes the window. Of several requests in the window the first one wins. */
export async function captureSample(tx: TenantTx, hookId: HookId, sample: Sample): Promise<void> {
  await tx.query({
    text: `
      update hooks
      set sample_body = $3::bytea, sample_headers = $4::jsonb, sample_query = $5::jsonb,
        sample_captured_at = clock_timestamp(), sample_capture_expires_at = null
      where tenant_id = $1::uuid and id = $2::uuid
        and sample_capture_expires_at > clock_timestamp()`,
    values: [
      tx.tenantId,
      hookId,
      sample.body,
      toStorableJson(sample.headers),
      toStorableJson(sample.query),
    ],
  });
}

/** Removes the sample and closes the window. */
export async function clearSample(tx: TenantTx, hookId: HookId): Promise<void> {
  await tx.query({
    text: `
      update hooks
      set sample_body = null, sample_headers = null, sample_query = null,
        sample_captured_at = null, sample_capture_expires_at = null
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, hookId],
  });
}

/** The captured sample of a hook, or undefined. */
export async function findSample(
  tx: TenantTx,
  hookId: HookId,
): Promise<(Sample & { readonly capturedAt: Date }) | undefined> {
  const { rows } = await tx.query<{
    sample_body: Buffer;
    sample_headers: Record<string, string>;
    sample_query: Record<string, unknown>;
    sample_captured_at: Date;
  }>({
    text: `
      select sample_body, sample_headers, sample_query, sample_captured_at from hooks
      where tenant_id = $1::uuid and id = $2::uuid and sample_body is not null`,
    values: [tx.tenantId, hookId],
  });
  const [row] = rows;
  return (
    row && {
      body: row.sample_body,
      headers: row.sample_headers,
      query: row.sample_query,
      capturedAt: row.sample_captured_at,
    }
  );
}
