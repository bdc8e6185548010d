import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { addHookSecret } from '../../shared/crypto/hook-secrets.ts';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import { makePool } from '../../shared/db/pool.ts';
import { insertHook, type NewHook } from '../../shared/db/queries/hooks.ts';
import { insertDesk, type DeskSeed } from '../../shared/db/queries/service-desk.ts';
import { insertTenant } from '../../shared/db/queries/tenants.ts';
import { makeWithTenant, type WithTenant } from '../../shared/db/tenant.ts';
import { parseHookId, parseTenantId, type HookId, type TenantId } from '../../shared/domain/ids.ts';
import { tenantSlug } from '../../shared/domain/tenant-slug.ts';

export interface TestTenant {
  readonly id: TenantId;
  readonly slug: string;
  readonly desk: DeskSeed;
}

export interface TestHook {
  readonly id: HookId;
  readonly tenant: TestTenant;
  readonly slug: string;
  readonly secret: string;
}

/** Makes tenants and hooks the way the product stores them. */
export interface Factory {
  readonly withTenant: WithTenant;
  tenant(options?: { readonly isInboundEnabled?: boolean }): Promise<TestTenant>;
  hook(tenant: TestTenant, options?: Partial<NewHook>): Promise<TestHook>;
  close(): Promise<void>;
}

export function makeFactory(appUrl: string, masterKeys: string): Factory {
  const pool = makePool({
    connectionString: appUrl,
    connectionsMax: 2,
    applicationName: 'test-factory',
    acquireTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  });
  const withTenant = makeWithTenant(pool);
  const vault = makeTenantVault(parseKeyRing(masterKeys));
  return {
    withTenant,
    async tenant({ isInboundEnabled = true } = {}) {
      const id = parseTenantId(randomUUID());
      const slug = tenantSlug(id);
      const desk = await withTenant(id, async (tx) => {
        await insertTenant(tx, { slug, name: 'Test', isInboundEnabled });
        return insertDesk(tx);
      });
      return { id, slug, desk };
    },
    async hook(tenant, options = {}) {
      const hook: NewHook = {
        id: parseHookId(uuidv7()),
        slug: `hook-${randomBytes(4).toString('hex')}`,
        name: 'Test hook',
        authConfig: { signatureHeader: 'X-Signature' },
        idempotencySource: { type: 'header', value: 'X-Request-Id' },
        handlerConfig: { action: 'createTicket', mapping: ticketMapping(tenant.desk) },
        responseMode: 'outcome',
        ...options,
      };
      const secret = randomBytes(24).toString('base64url');
      await withTenant(tenant.id, async (tx) => {
        await insertHook(tx, hook);
        await addHookSecret(vault, tx, hook.id, secret);
      });
      return { id: hook.id, tenant, slug: hook.slug, secret };
    },
    close: () => pool.end(),
  };
}

/** A mapping that makes a ticket of `{"title": …, "ref": …}`. */
export function ticketMapping(desk: DeskSeed): Record<string, string> {
  return {
    title: 'title',
    external_id: 'ref',
    client_id: JSON.stringify(desk.clientId),
    board_id: JSON.stringify(desk.boardId),
    priority_id: JSON.stringify(desk.priorityId),
  };
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Signs with this secret instead of the hook's own. */
  readonly secret?: string;
  readonly path?: string;
}

export interface Received {
  readonly status: number;
  readonly body: Record<string, unknown> | undefined;
  readonly headers: Headers;
}

/** Sends a request to a hook, signed over the exact bytes. Objects are sent as JSON. */
export async function send(
  gatewayUrl: string,
  hook: TestHook,
  body: unknown,
  options: SendOptions = {},
): Promise<Received> {
  const bytes =
    typeof body === 'string' || body instanceof Uint8Array
      ? Buffer.from(body)
      : Buffer.from(JSON.stringify(body));
  const signature = createHmac('sha256', options.secret ?? hook.secret)
    .update(bytes)
    .digest('hex');
  const response = await fetch(
    gatewayUrl + (options.path ?? `/api/inbound/${hook.tenant.slug}/${hook.slug}`),
    {
      method: options.method ?? 'POST',
      headers: {
        'content-type': 'application/json',
        'x-signature': `sha256=${signature}`,
        ...options.headers,
      },
      body: bytes,
    },
  );
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
    headers: response.headers,
  };
}
