import { assistantDefaults, type AssistantSettings } from '../../domain/assistant.ts';
import type { TenantTx } from '../tenant.ts';

interface SettingsRow {
  is_enabled: boolean;
  minimum_confidence: number;
  greeting: string;
  handoff_text: string;
}

const columns = 's.is_enabled, s.minimum_confidence, s.greeting, s.handoff_text';

const toSettings = (row: SettingsRow): AssistantSettings => ({
  isEnabled: row.is_enabled,
  minimumConfidence: row.minimum_confidence,
  greeting: row.greeting,
  handOffText: row.handoff_text,
});

/**
 * What the tenant decided about its assistant; switched off where it never did. `for share` keeps it
 * like that until the commit: who switches it off waits for what is being written, and nothing follows.
 */
export async function findAssistantSettings(
  tx: TenantTx,
  lock: 'none' | 'for share' = 'none',
): Promise<AssistantSettings> {
  const { rows } = await tx.query<SettingsRow>({
    text: `
      select ${columns} from assistant_settings s where s.tenant_id = $1::uuid
      ${lock === 'none' ? '' : 'for share'}`,
    values: [tx.tenantId],
  });
  return rows[0] === undefined ? assistantDefaults : toSettings(rows[0]);
}

/** Changes the given members, and leaves the others as they are. */
export async function changeAssistantSettings(
  tx: TenantTx,
  change: { readonly [Name in keyof AssistantSettings]?: AssistantSettings[Name] | undefined },
): Promise<AssistantSettings> {
  const { isEnabled, minimumConfidence, greeting, handOffText } = assistantDefaults;
  const { rows } = await tx.query<SettingsRow>({
    text: `
      insert into assistant_settings as s (tenant_id, is_enabled, minimum_confidence, greeting,
        handoff_text)
      values ($1::uuid, coalesce($2::boolean, $6::boolean),
        coalesce($3::double precision, $7::double precision), coalesce($4::text, $8::text),
        coalesce($5::text, $9::text))
      on conflict (tenant_id) do update set
        is_enabled = coalesce($2::boolean, s.is_enabled),
        minimum_confidence = coalesce($3::double precision, s.minimum_confidence),
        greeting = coalesce($4::text, s.greeting),
        handoff_text = coalesce($5::text, s.handoff_text),
        updated_at = clock_timestamp()
      returning ${columns}`,
    values: [
      tx.tenantId,
      change.isEnabled,
      change.minimumConfidence,
      change.greeting,
      change.handOffText,
      isEnabled,
      minimumConfidence,
      greeting,
      handOffText,
    ],
  });
  return toSettings(rows[0] as SettingsRow);
}
