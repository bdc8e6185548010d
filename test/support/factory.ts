import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { addHookSecret } from '../../shared/crypto/hook-secrets.ts';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import { makePersonalToken } from '../../shared/crypto/tokens.ts';
import { makePool } from '../../shared/db/pool.ts';
import { hookDefaults, insertHook, type HookSettings } from '../../shared/db/queries/hooks.ts';
import { insertPersonalToken } from '../../shared/db/queries/personal-tokens.ts';
import { insertUser } from '../../shared/db/queries/users.ts';
import {
  acceptDelivery,
  type AcceptedRequest,
  type RequestRecord,
} from '../../shared/db/queries/inbound-deliveries.ts';
import { insertDesk, type DeskSeed } from '../../shared/db/queries/service-desk.ts';
import { insertTenant } from '../../shared/db/queries/tenants.ts';
import type { HookHandler } from '../../shared/schemas/hook.ts';
import { makeSelfContained, type SelfContained } from '../../shared/db/self-contained.ts';
import { makeWithTenant, type WithTenant } from '../../shared/db/tenant.ts';
import type { Role } from '../../shared/domain/permissions.ts';
import {
  parseDeliveryId,
  parseHookId,
  parseTenantId,
  type DeliveryId,
  type HookId,
  type TenantId,
} from '../../shared/domain/ids.ts';
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

export interface TestUser {
  readonly id: string;
  readonly token: string;
}

export interface UserOptions {
  readonly role?: Role;
  readonly permissions?: readonly string[] | null;
}

/** Makes tenants, hooks and users the way the product stores them. */
export interface Factory {
  readonly withTenant: WithTenant;
  readonly selfContained: SelfContained;
  tenant(options?: { readonly isInboundEnabled?: boolean }): Promise<TestTenant>;
  hook(tenant: TestTenant, options?: Partial<HookSettings>): Promise<TestHook>;
  user(tenant: TestTenant, options?: UserOptions): Promise<TestUser>;
  /** A committed delivery that nobody has dispatched yet, nor will within a minute. */
  delivery(hook: TestHook, body: unknown): Promise<DeliveryId>;
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
    selfContained: makeSelfContained(pool),
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
      const id = parseHookId(uuidv7());
      const settings: HookSettings = {
        ...hookDefaults,
        slug: `hook-${randomBytes(4).toString('hex')}`,
        name: 'Test hook',
        auth: { authType: 'hmac_sha256', authConfig: { signatureHeader: 'X-Signature' } },
        idempotencySource: { type: 'header', value: 'X-Request-Id' },
        handler: directAction('createTicket', ticketMapping(tenant.desk)),
        // Many tests send hundreds of requests at once; those about the limit set their own.
        rateLimitPerMinute: 60_000,
        ...options,
      };
      const secret = randomBytes(24).toString('base64url');
      await withTenant(tenant.id, async (tx) => {
        await insertHook(tx, id, settings);
        await addHookSecret(vault, tx, id, 'default', secret);
      });
      return { id, tenant, slug: settings.slug, secret };
    },
    async user(tenant, { role = 'admin', permissions = null } = {}) {
      const id = randomUUID();
      const { token, sha256, prefix } = makePersonalToken();
      await withTenant(tenant.id, async (tx) => {
        await insertUser(tx, { id, email: `${id}@example.test`, name: 'Test', role, permissions });
        const owned = { id: randomUUID(), userId: id, name: 'Test', expiresAt: null };
        await insertPersonalToken(tx, { ...owned, sha256, prefix });
      });
      return { id, token };
    },
    async delivery(hook, body) {
      const request = acceptedRequest(hook, { body: Buffer.from(JSON.stringify(body)) });
      await withTenant(hook.tenant.id, (tx) => acceptDelivery(tx, request));
      return request.id;
    },
    close: () => pool.end(),
  };
}

/** A handler that runs one action of the catalogue. */
export function directAction(action: string, mapping: Record<string, string>): HookHandler {
  return { handlerType: 'direct_action', handlerConfig: { action, mapping } };
}

/** A handler that starts a workflow. */
export function workflowHandler(workflowId: string): HookHandler {
  return { handlerType: 'workflow', handlerConfig: { workflowId } };
}

/** A request as it is stored, for a hook or for none. */
export function requestRecord(id: DeliveryId, hookId: HookId | null): RequestRecord {
  return {
    id,
    hookId,
    method: 'POST',
    path: '/',
    query: {},
    headers: {},
    sourceIp: null,
    userAgent: null,
  };
}

/** A proven request to a hook as it is accepted, without a key unless one is given. */
export function acceptedRequest(
  hook: TestHook,
  options: Partial<AcceptedRequest> = {},
): AcceptedRequest {
  const id = options.id ?? parseDeliveryId(uuidv7());
  const body = options.body ?? Buffer.from('{}');
  return {
    ...requestRecord(id, hook.id),
    hookId: hook.id,
    origin: { kind: 'sender' },
    body,
    bodySha256: createHash('sha256').update(body).digest(),
    idempotencyKey: null,
    windowSeconds: 60,
    workflowId: `in/${hook.tenant.slug}/${hook.slug}/${id}`,
    startGraceMs: 60_000,
    promisedStatus: null,
    judgedBy: null,
    ...options,
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
