import { createHmac } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { addHookSecret } from '../../shared/crypto/hook-secrets.ts';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import { makePool } from '../../shared/db/pool.ts';
import { insertHook } from '../../shared/db/queries/hooks.ts';
import { insertDesk } from '../../shared/db/queries/service-desk.ts';
import { insertTenant, resolveTenant } from '../../shared/db/queries/tenants.ts';
import { makeWithTenant } from '../../shared/db/tenant.ts';
import { parseHookId, parseTenantId } from '../../shared/domain/ids.ts';
import { tenantSlug } from '../../shared/domain/tenant-slug.ts';
import type { LocalSecrets } from './secrets.ts';

const hookSlug = 'alerts';
const signatureHeader = 'x-signature';

/**
 * Makes the demo tenant unless it is there: a service desk, and the hook `alerts`, which turns a
 * signed alert into a ticket, once for each `alert.id`.
 */
export async function seedDemo(databaseUrl: string, secrets: LocalSecrets): Promise<void> {
  const pool = makePool({
    connectionString: databaseUrl,
    connectionsMax: 1,
    applicationName: 'tidegate-demo',
    acquireTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  });
  try {
    const tenantId = parseTenantId(secrets.demoTenantId);
    const slug = tenantSlug(tenantId);
    if ((await resolveTenant(pool, slug)) !== undefined) return;
    const vault = makeTenantVault(parseKeyRing(secrets.masterKeys));
    await makeWithTenant(pool)(tenantId, async (tx) => {
      await insertTenant(tx, { slug, name: 'Demo', isInboundEnabled: true });
      const desk = await insertDesk(tx);
      const hookId = parseHookId(uuidv7());
      await insertHook(tx, {
        id: hookId,
        slug: hookSlug,
        name: 'Monitoring alerts',
        authConfig: { signatureHeader },
        idempotencySource: { type: 'jsonata', value: 'alert.id' },
        handlerConfig: {
          action: 'createTicket',
          mapping: {
            title: '"[" & alert.severity & "] " & alert.title',
            description: 'alert.description',
            external_id: 'alert.id',
            client_id: JSON.stringify(desk.clientId),
            board_id: JSON.stringify(desk.boardId),
            priority_id: JSON.stringify(desk.priorityId),
          },
        },
        responseMode: 'outcome',
      });
      await addHookSecret(vault, tx, hookId, secrets.demoHookSecret);
    });
  } finally {
    await pool.end();
  }
}

/** A complete signed request to the demo hook, as a shell command that works as printed. */
export function demoCurl(gatewayUrl: string, secrets: LocalSecrets, now: Date): string {
  const slug = tenantSlug(parseTenantId(secrets.demoTenantId));
  const alert = {
    id: `disk-${now
      .toISOString()
      .replaceAll(/[^0-9]/g, '')
      .slice(0, 14)}`,
    severity: 'high',
    title: 'Disk almost full on db-1',
    description: 'The volume data has 3 percent left.',
  };
  const body = JSON.stringify({ alert });
  const signature = createHmac('sha256', secrets.demoHookSecret).update(body).digest('hex');
  return [
    `curl -sS ${gatewayUrl}/api/inbound/${slug}/${hookSlug}`,
    `-H 'content-type: application/json'`,
    `-H '${signatureHeader}: sha256=${signature}'`,
    `-d '${body}'`,
  ].join(' \\\n    ');
}
