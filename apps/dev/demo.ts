import { createHmac } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { addHookSecret } from '../../shared/crypto/hook-secrets.ts';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault, type TenantVault } from '../../shared/crypto/tenant-vault.ts';
import { hashToken, storedForm } from '../../shared/crypto/tokens.ts';
import { makePool } from '../../shared/db/pool.ts';
import {
  findReceivingHook,
  hookDefaults,
  insertHook,
  type HookSettings,
} from '../../shared/db/queries/hooks.ts';
import {
  insertPersonalToken,
  resolvePersonalToken,
} from '../../shared/db/queries/personal-tokens.ts';
import { publishWorkflow } from '../../shared/db/queries/published-workflows.ts';
import { findDesk, insertDesk, type DeskSeed } from '../../shared/db/queries/service-desk.ts';
import { insertTenant, resolveTenant } from '../../shared/db/queries/tenants.ts';
import { insertUser } from '../../shared/db/queries/users.ts';
import { makeWithTenant, type TenantTx } from '../../shared/db/tenant.ts';
import { parseHookId, parseTenantId } from '../../shared/domain/ids.ts';
import { tenantSlug } from '../../shared/domain/tenant-slug.ts';
import { keepDemoEndpoint } from './demo-endpoint.ts';
import { demoQuestion, keepDemoArticles } from './demo-support.ts';
import type { LocalSecrets } from './secrets.ts';

export const demoHookSlug = 'alerts';
export const demoWorkflowHookSlug = 'refunds';
const demoChatHookSlug = 'chat';
const demoWorkflow = 'refund-approval';
const signatureHeader = 'x-signature';

/** What the demo tenant refers to, for requests that name it. */
export type DemoDesk = Pick<DeskSeed, 'clientId' | 'boardId' | 'priorityId'>;

/**
 * Makes what the demo tenant lacks: a service desk, an owner with a token, the hook `alerts`, which
 * turns a signed alert into a ticket, once for each `alert.id`, the hook `refunds`, which runs the
 * example workflow, the hook `chat`, which takes what visitors write, articles that answer some of it,
 * and the endpoint `echo`, which is told of everything. Safe to repeat, also on data of an older version.
 */
export async function seedDemo(
  databaseUrl: string,
  secrets: LocalSecrets,
  echoUrl: string,
): Promise<DemoDesk> {
  const pool = makePool({
    connectionString: databaseUrl,
    connectionsMax: 2,
    applicationName: 'tidegate-demo',
    acquireTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  });
  try {
    const tenantId = parseTenantId(secrets.demoTenantId);
    const slug = tenantSlug(tenantId);
    const isNew = (await resolveTenant(pool, slug)) === undefined;
    const hasOwner = (await resolvePersonalToken(pool, hashToken(secrets.demoToken))) !== undefined;
    const vault = makeTenantVault(parseKeyRing(secrets.masterKeys));
    return await makeWithTenant(pool)(tenantId, async (tx) => {
      if (isNew) {
        await insertTenant(tx, { slug, name: 'Demo', isInboundEnabled: true });
        await insertDesk(tx);
      }
      if (!hasOwner) await addOwner(tx, secrets.demoToken);
      const desk = await findDesk(tx);
      if (desk === undefined) throw new Error('the demo tenant has no service desk');
      await publishWorkflow(tx, demoWorkflow, null);
      for (const settings of demoHooks(desk)) {
        if ((await findReceivingHook(tx, settings.slug)) !== undefined) continue;
        await addHook(vault, tx, secrets.demoHookSecret, settings);
      }
      await keepDemoArticles(tx);
      await keepDemoEndpoint(vault, tx, { url: echoUrl, secret: secrets.demoEndpointSecret });
      return desk;
    });
  } finally {
    await pool.end();
  }
}

function demoHooks(desk: DemoDesk): HookSettings[] {
  const auth: HookSettings['auth'] = {
    authType: 'hmac_sha256',
    authConfig: { signatureHeader },
  };
  const alertMapping = {
    title: '"[" & alert.severity & "] " & alert.title',
    description: 'alert.description',
    external_id: 'alert.id',
    client_id: JSON.stringify(desk.clientId),
    board_id: JSON.stringify(desk.boardId),
    priority_id: JSON.stringify(desk.priorityId),
  };
  return [
    {
      ...hookDefaults,
      slug: demoHookSlug,
      name: 'Monitoring alerts',
      auth,
      idempotencySource: { type: 'jsonata', value: 'alert.id' },
      handler: {
        handlerType: 'direct_action',
        handlerConfig: { action: 'createTicket', mapping: alertMapping },
      },
    },
    {
      ...hookDefaults,
      slug: demoWorkflowHookSlug,
      name: 'Refunds',
      auth,
      idempotencySource: { type: 'jsonata', value: 'refund.id' },
      handler: { handlerType: 'workflow', handlerConfig: { workflowId: demoWorkflow } },
    },
    {
      ...hookDefaults,
      slug: demoChatHookSlug,
      name: 'Chat on the web site',
      auth,
      idempotencySource: { type: 'jsonata', value: 'messageId' },
      handler: {
        handlerType: 'workflow',
        handlerConfig: { workflowId: 'conversation-inbox' },
      },
    },
  ];
}

async function addHook(
  vault: TenantVault,
  tx: TenantTx,
  secret: string,
  settings: HookSettings,
): Promise<void> {
  const id = parseHookId(uuidv7());
  await insertHook(tx, id, settings);
  await addHookSecret(vault, tx, id, 'default', secret);
}

/** The demo's owner, whose token the banner shows. */
async function addOwner(tx: TenantTx, token: string): Promise<void> {
  const owner = await insertUser(tx, {
    id: uuidv7(),
    email: 'owner@demo.example',
    name: 'Demo owner',
    role: 'owner',
    permissions: null,
  });
  await insertPersonalToken(tx, {
    id: uuidv7(),
    userId: owner.id,
    name: 'Printed by npm start',
    ...storedForm(token),
    expiresAt: null,
  });
}

/** Requests to the demo's hooks, complete and signed, as shell commands that work as printed. */
export interface DemoRequests {
  readonly alert: string;
  readonly refund: string;
  readonly question: string;
}

/** The demo's requests, with ids of their own for each start. */
export function demoRequests(
  gatewayUrl: string,
  secrets: LocalSecrets,
  desk: DemoDesk,
  now: Date,
): DemoRequests {
  const stamp = now
    .toISOString()
    .replaceAll(/[^0-9]/g, '')
    .slice(0, 14);
  const alert = {
    id: `disk-${stamp}`,
    severity: 'high',
    title: 'Disk almost full on db-1',
    description: 'The volume data has 3 percent left.',
  };
  const refund = { id: `r-${stamp}`, amount: 120.5, currency: 'EUR' };
  const curl = (slug: string, document: object): string =>
    signedCurl(`${gatewayUrl}/api/inbound/${demoSlug(secrets)}/${slug}`, secrets, document);
  return {
    alert: curl(demoHookSlug, { alert }),
    refund: curl(demoWorkflowHookSlug, { refund, desk }),
    question: curl(demoChatHookSlug, demoQuestion(stamp)),
  };
}

const demoSlug = ({ demoTenantId }: LocalSecrets): string =>
  tenantSlug(parseTenantId(demoTenantId));

function signedCurl(url: string, { demoHookSecret }: LocalSecrets, document: object): string {
  const body = JSON.stringify(document);
  const signature = createHmac('sha256', demoHookSecret).update(body).digest('hex');
  return [
    `curl -sS ${url}`,
    `-H 'content-type: application/json'`,
    `-H '${signatureHeader}: sha256=${signature}'`,
    `-d '${body}'`,
  ].join(' \\\n    ');
}
