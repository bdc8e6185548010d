import { parseHookId, type HookId } from '../../domain/ids.ts';
import {
  directActionConfigSchema,
  hmacAuthConfigSchema,
  idempotencySourceSchema,
  type DirectActionConfig,
  type HmacAuthConfig,
  type IdempotencySource,
} from '../../schemas/hook.ts';
import type { TenantTx } from '../tenant.ts';

/** What the receiver needs of a hook to judge a request. */
export interface ReceivingHook {
  readonly id: HookId;
  readonly slug: string;
  readonly isActive: boolean;
  readonly authConfig: HmacAuthConfig;
  readonly idempotencySource: IdempotencySource | null;
  readonly idempotencyWindowSeconds: number;
  readonly responseMode: 'outcome' | 'accepted';
  /** The sealed secrets that are live at this moment, with the row each belongs to. */
  readonly secrets: readonly { readonly id: string; readonly sealed: Buffer }[];
}

interface ReceivingHookRow {
  id: string;
  slug: string;
  is_active: boolean;
  auth_config: unknown;
  idempotency_source: unknown;
  idempotency_window_seconds: number;
  response_mode: 'outcome' | 'accepted';
  secrets: { id: string; sealed: string }[];
}

/** The hook under a slug of the tenant with its live secrets, or undefined. */
export async function findReceivingHook(
  tx: TenantTx,
  slug: string,
): Promise<ReceivingHook | undefined> {
  const { rows } = await tx.query<ReceivingHookRow>({
    name: 'find_receiving_hook',
    text: `
      select h.id, h.slug, h.is_active, h.auth_config, h.idempotency_source,
        h.idempotency_window_seconds, h.response_mode,
        coalesce((
          select jsonb_agg(
            jsonb_build_object('id', s.id, 'sealed', encode(s.sealed, 'base64'))
            order by s.created_at desc)
          from hook_secrets s
          where s.tenant_id = h.tenant_id and s.hook_id = h.id
            and (s.expires_at is null or s.expires_at > clock_timestamp())
        ), '[]') as secrets
      from hooks h
      where h.tenant_id = $1::uuid and h.slug = $2::text`,
    values: [tx.tenantId, slug],
  });
  const [row] = rows;
  return (
    row && {
      id: parseHookId(row.id),
      slug: row.slug,
      isActive: row.is_active,
      authConfig: hmacAuthConfigSchema.parse(row.auth_config),
      idempotencySource: idempotencySourceSchema.nullable().parse(row.idempotency_source),
      idempotencyWindowSeconds: row.idempotency_window_seconds,
      responseMode: row.response_mode,
      secrets: row.secrets.map(({ id, sealed }) => ({ id, sealed: Buffer.from(sealed, 'base64') })),
    }
  );
}

export interface NewHook {
  readonly id: HookId;
  readonly slug: string;
  readonly name: string;
  readonly authConfig: HmacAuthConfig;
  readonly idempotencySource: IdempotencySource | null;
  readonly handlerConfig: DirectActionConfig;
  readonly responseMode: 'outcome' | 'accepted';
}

/** Stores a hook. A slug that is taken in the tenant raises a unique violation. */
export async function insertHook(tx: TenantTx, hook: NewHook): Promise<void> {
  await tx.query({
    text: `
      insert into hooks (tenant_id, id, slug, name, auth_type, auth_config, idempotency_source,
        handler_type, handler_config, response_mode)
      values ($1::uuid, $2::uuid, $3::text, $4::text, 'hmac_sha256', $5::jsonb, $6::jsonb,
        'direct_action', $7::jsonb, $8::text)`,
    values: [
      tx.tenantId,
      hook.id,
      hook.slug,
      hook.name,
      JSON.stringify(hmacAuthConfigSchema.parse(hook.authConfig)),
      hook.idempotencySource &&
        JSON.stringify(idempotencySourceSchema.parse(hook.idempotencySource)),
      JSON.stringify(directActionConfigSchema.parse(hook.handlerConfig)),
      hook.responseMode,
    ],
  });
}

/** Stores a sealed secret of a hook. */
export async function insertHookSecret(
  tx: TenantTx,
  secret: { readonly id: string; readonly hookId: HookId; readonly sealed: Buffer },
): Promise<void> {
  await tx.query({
    text: `
      insert into hook_secrets (tenant_id, hook_id, id, sealed)
      values ($1::uuid, $2::uuid, $3::uuid, $4::bytea)`,
    values: [tx.tenantId, secret.hookId, secret.id, secret.sealed],
  });
}
