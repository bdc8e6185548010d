import type { Position } from '../../domain/cursor.ts';
import { parseHookId, type HookId } from '../../domain/ids.ts';
import type { LanguageLevel } from '../../domain/language-level.ts';
import {
  hookAuthSchema,
  hookHandlerSchema,
  idempotencySourceSchema,
  type AuthType,
  type HookAuth,
  type HookHandler,
  type IdempotencySource,
  type ResponseMode,
} from '../../schemas/hook.ts';
import { positionColumns, type KeysetPage } from '../keyset.ts';
import type { TenantTx } from '../tenant.ts';

/** What an administrator sets on a hook. Deadlines and limits name their unit. */
export interface HookSettings {
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly auth: HookAuth;
  readonly idempotencySource: IdempotencySource | null;
  readonly idempotencyWindowSeconds: number;
  readonly handler: HookHandler;
  readonly responseMode: ResponseMode;
  readonly languageLevel: LanguageLevel;
  readonly rateLimitPerMinute: number;
  /** Null: the ceiling of the installation. */
  readonly bodyLimitBytes: number | null;
  readonly isActive: boolean;
}

/** A hook as it is managed. */
export interface Hook extends HookSettings {
  readonly id: HookId;
  readonly sampleCapturedAt: Date | null;
  readonly sampleCaptureExpiresAt: Date | null;
  readonly autoDisabledAt: Date | null;
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** The slots that hold a live secret. */
  readonly secretSlots: readonly string[];
}

interface SettingsRow {
  slug: string;
  name: string;
  description: string | null;
  auth_type: AuthType;
  auth_config: unknown;
  idempotency_source: unknown;
  idempotency_window_seconds: number;
  handler_type: string;
  handler_config: unknown;
  response_mode: ResponseMode;
  language_level: LanguageLevel;
  rate_limit_per_minute: number;
  body_limit_bytes: number | null;
  is_active: boolean;
}

interface HookRow extends SettingsRow {
  id: string;
  sample_captured_at: Date | null;
  sample_capture_expires_at: Date | null;
  auto_disabled_at: Date | null;
  created_by: string | null;
  created_at: Date;
  updated_at: Date;
  secret_slots: string[];
}

const columns = `id, slug, name, description, auth_type, auth_config, idempotency_source,
  idempotency_window_seconds, handler_type, handler_config, response_mode, language_level,
  rate_limit_per_minute, body_limit_bytes, is_active, sample_captured_at,
  sample_capture_expires_at, auto_disabled_at, created_by, created_at, updated_at,
  array(
    select distinct s.slot from hook_secrets s
    where s.tenant_id = hooks.tenant_id and s.hook_id = hooks.id
      and (s.expires_at is null or s.expires_at > clock_timestamp())
    order by s.slot) as secret_slots`;

const toSettings = (row: SettingsRow): HookSettings => ({
  slug: row.slug,
  name: row.name,
  description: row.description,
  auth: hookAuthSchema.parse({ authType: row.auth_type, authConfig: row.auth_config }),
  idempotencySource: idempotencySourceSchema.nullable().parse(row.idempotency_source),
  idempotencyWindowSeconds: row.idempotency_window_seconds,
  handler: hookHandlerSchema.parse({
    handlerType: row.handler_type,
    handlerConfig: row.handler_config,
  }),
  responseMode: row.response_mode,
  languageLevel: row.language_level,
  rateLimitPerMinute: row.rate_limit_per_minute,
  bodyLimitBytes: row.body_limit_bytes,
  isActive: row.is_active,
});

const toHook = (row: HookRow): Hook => ({
  ...toSettings(row),
  id: parseHookId(row.id),
  sampleCapturedAt: row.sample_captured_at,
  sampleCaptureExpiresAt: row.sample_capture_expires_at,
  autoDisabledAt: row.auto_disabled_at,
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  secretSlots: row.secret_slots,
});

/** The parameters $3 to $16 of the statements that write settings. */
const settingsValues = (settings: HookSettings): unknown[] => [
  settings.slug,
  settings.name,
  settings.description,
  settings.auth.authType,
  JSON.stringify(settings.auth.authConfig),
  settings.idempotencySource && JSON.stringify(settings.idempotencySource),
  settings.idempotencyWindowSeconds,
  settings.handler.handlerType,
  JSON.stringify(settings.handler.handlerConfig),
  settings.responseMode,
  settings.languageLevel,
  settings.rateLimitPerMinute,
  settings.bodyLimitBytes,
  settings.isActive,
];

/** What a hook is unless its maker says otherwise. */
export const hookDefaults = {
  description: null,
  idempotencySource: null,
  idempotencyWindowSeconds: 86_400,
  responseMode: 'outcome',
  languageLevel: 'full',
  rateLimitPerMinute: 600,
  bodyLimitBytes: null,
  isActive: true,
} as const satisfies Partial<HookSettings>;

/** The unique constraint that a taken slug violates. */
export const slugConstraint = 'hooks_tenant_id_slug_key';

/** Stores a hook. A slug that is taken in the tenant raises a unique violation. */
export async function insertHook(
  tx: TenantTx,
  id: HookId,
  settings: HookSettings,
  createdBy: string | null = null,
): Promise<void> {
  await tx.query({
    text: `
      insert into hooks (tenant_id, id, slug, name, description, auth_type, auth_config,
        idempotency_source, idempotency_window_seconds, handler_type, handler_config,
        response_mode, language_level, rate_limit_per_minute, body_limit_bytes, is_active,
        created_by)
      values ($1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::jsonb, $8::jsonb,
        $9::integer, $10::text, $11::jsonb, $12::text, $13::text, $14::integer, $15::integer,
        $16::boolean, $17::uuid)`,
    values: [tx.tenantId, id, ...settingsValues(settings), createdBy],
  });
}

/** Writes all settings of a hook. Switching it on clears the mark of an automatic switch-off. */
export async function updateHook(tx: TenantTx, id: HookId, settings: HookSettings): Promise<void> {
  await tx.query({
    text: `
      update hooks set slug = $3::text, name = $4::text, description = $5::text,
        auth_type = $6::text, auth_config = $7::jsonb, idempotency_source = $8::jsonb,
        idempotency_window_seconds = $9::integer, handler_type = $10::text,
        handler_config = $11::jsonb, response_mode = $12::text, language_level = $13::text,
        rate_limit_per_minute = $14::integer, body_limit_bytes = $15::integer,
        is_active = $16::boolean,
        auto_disabled_at = case when $16::boolean and not is_active then null
          else auto_disabled_at end,
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, id, ...settingsValues(settings)],
  });
}

/** One hook, or undefined. `lock` keeps others from changing it until the transaction ends. */
export async function findHook(
  tx: TenantTx,
  id: HookId,
  lock: 'none' | 'for update' = 'none',
): Promise<Hook | undefined> {
  const text = `select ${columns} from hooks where tenant_id = $1::uuid and id = $2::uuid`;
  const { rows } = await tx.query<HookRow>({
    text: lock === 'none' ? text : `${text} for update`,
    values: [tx.tenantId, id],
  });
  return rows[0] && toHook(rows[0]);
}

/** The hooks of the tenant, newest first. Takes one row more than `limit`. */
export async function listHooks(
  tx: TenantTx,
  { after, limit }: KeysetPage,
): Promise<(Hook & { readonly position: Position })[]> {
  const { rows } = await tx.query<HookRow & { position_at: string }>({
    text: `
      select ${columns}, ${positionColumns('created_at')} from hooks
      where tenant_id = $1::uuid
        and ($2::timestamptz is null or (created_at, id) < ($2::timestamptz, $3::uuid))
      order by created_at desc, id desc
      limit $4::integer`,
    values: [tx.tenantId, after?.at, after?.id, limit + 1],
  });
  return rows.map((row) => ({ ...toHook(row), position: { at: row.position_at, id: row.id } }));
}

/** Removes a hook with its secrets and keys. Its deliveries stay (S-136). False when there is none. */
export async function deleteHook(tx: TenantTx, id: HookId): Promise<boolean> {
  const { rowCount } = await tx.query({
    text: 'delete from hooks where tenant_id = $1::uuid and id = $2::uuid',
    values: [tx.tenantId, id],
  });
  return rowCount === 1;
}

/** What the receiver needs of a hook to judge a request. */
export interface ReceivingHook extends HookSettings {
  readonly id: HookId;
  /** Names the settings and secrets of this moment: any change gives another (migration 0016). */
  readonly version: string;
  /** True while the next verified body becomes the sample. */
  readonly isCapturing: boolean;
  /** The sealed secrets that are live at this moment, with the row each belongs to. */
  readonly secrets: readonly SealedSecret[];
}

export interface SealedSecret {
  readonly id: string;
  readonly slot: string;
  readonly sealed: Buffer;
}

interface ReceivingHookRow extends SettingsRow {
  id: string;
  version: string;
  is_capturing: boolean;
  secrets: { id: string; slot: string; sealed: string }[];
}

/** The hook under a slug of the tenant with its live secrets, or undefined. */
export async function findReceivingHook(
  tx: TenantTx,
  slug: string,
): Promise<ReceivingHook | undefined> {
  const { rows } = await tx.query<ReceivingHookRow>({
    name: 'find_receiving_hook',
    text: `
      select h.id, h.slug, h.name, h.description, h.auth_type, h.auth_config,
        h.idempotency_source, h.idempotency_window_seconds, h.handler_type, h.handler_config,
        h.response_mode, h.language_level, h.rate_limit_per_minute, h.body_limit_bytes,
        h.is_active, receiving_hook_version(h.tenant_id, h.id) as version,
        coalesce(h.sample_capture_expires_at > clock_timestamp(), false) as is_capturing,
        coalesce((
          select jsonb_agg(
            jsonb_build_object(
              'id', s.id, 'slot', s.slot, 'sealed', encode(s.sealed, 'base64'))
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
      ...toSettings(row),
      id: parseHookId(row.id),
      version: row.version,
      isCapturing: row.is_capturing,
      secrets: row.secrets.map(({ id, slot, sealed }) => ({
        id,
        slot,
        sealed: Buffer.from(sealed, 'base64'),
      })),
    }
  );
}
