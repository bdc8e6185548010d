import type { Pool } from 'pg';
import { fromWireId } from '../../shared/domain/ids.ts';
import { apiAs, compatAs, type ApiAnswer, type ApiCaller } from './api.ts';
import { automationKey, type TestKey } from './automation.ts';
import { testClaim } from './conversations.ts';
import { insertTestDesk } from './desk.ts';
import { eventually } from './eventually.ts';
import { directAction, send, ticketMapping, type Factory, type TestTenant } from './factory.ts';

/** What tenants are made on: a gateway that may call this machine, and its database. */
export interface PeopledRig {
  readonly gateway: { readonly url: string };
  readonly factory: Factory;
  /** `admin` is a superuser's. */
  readonly database: { readonly admin: Pool };
}

/** An id of every kind of thing that routes name, as they name it. */
export interface Ids {
  readonly hook: string;
  readonly inboundDelivery: string;
  readonly user: string;
  readonly token: string;
  readonly credential: string;
  readonly visitor: string;
  readonly conversation: string;
  /** Claimed by the key of the tenant. */
  readonly claimedConversation: string;
  readonly claim: string;
  readonly ticket: string;
  readonly client: string;
  readonly contact: string;
  readonly asset: string;
  readonly invoice: string;
  readonly project: string;
  readonly projectTask: string;
  readonly timeEntry: string;
  readonly article: string;
  readonly collection: string;
  /** One that holds nothing. */
  readonly otherCollection: string;
  readonly outboundMessage: string;
  readonly eventType: string;
  readonly event: string;
  readonly awaitingEvent: string;
  readonly endpoint: string;
  readonly endpointName: string;
  readonly organizationWebhook: string;
  readonly userWebhook: string;
  readonly outboundDelivery: string;
  readonly replayJob: string;
}
export type Kind = keyof Ids;

/** A tenant with one of everything, each with a word of its own in its texts. */
export interface PeopledTenant {
  readonly tenant: TestTenant;
  readonly canary: string;
  readonly ids: Ids;
  /** An owner, and a credential with all scopes. */
  readonly owner: { readonly token: string; readonly api: ApiCaller };
  readonly key: TestKey & { readonly api: ApiCaller };
}

/** `canary` is of a-z and 0-9. Nothing of the tenant changes by itself when this returns. */
export async function peopleTenant(rig: PeopledRig, canary: string): Promise<PeopledTenant> {
  const { url } = rig.gateway;
  const tenant = await rig.factory.tenant();
  const { token } = await rig.factory.user(tenant, { role: 'owner' });
  const key = await automationKey(rig, tenant);
  const owner = apiAs(url, token);
  const ids: Ids = {
    ...(await addMembers(owner, canary)),
    ...(await addDesk(rig, tenant, canary)),
    ...(await addHook(rig, tenant, canary)),
    ...(await addSupport(rig, { tenant, owner, key, canary })),
    ...(await addOutbound(owner, compatAs(url, token), canary)),
  };
  await settled(rig, tenant);
  return {
    tenant,
    canary,
    ids,
    owner: { token, api: owner },
    key: { ...key, api: apiAs(url, key.secret) },
  };
}

async function made(call: Promise<ApiAnswer>, ...statuses: number[]): Promise<ApiAnswer['body']> {
  const { status, body } = await call;
  if (!statuses.includes(status)) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

async function addMembers(owner: ApiCaller, canary: string) {
  const member = { email: `${canary}@example.test`, name: canary, role: 'agent' };
  const user = await made(owner.post('/users', member), 201);
  const token = await made(owner.post('/tokens', { name: canary, userId: user.data.id }), 201);
  const wish = { name: canary, actorName: canary, scopes: ['events.read'] };
  const credential = await made(owner.post('/credentials', wish), 201);
  return { user: user.data.id, token: token.data.id, credential: credential.data.id };
}

async function addDesk({ database: { admin } }: PeopledRig, tenant: TestTenant, canary: string) {
  const desk = await insertTestDesk(admin, tenant);
  for (const [table, column] of [
    ['clients', 'name'],
    ['contacts', 'full_name'],
    ['assets', 'name'],
    ['invoices', 'number'],
    ['projects', 'name'],
    ['project_tasks', 'name'],
    ['boards', 'name'],
    ['teams', 'name'],
  ] as const) {
    await admin.query(`update ${table} set ${column} = ${column} || $2 where tenant_id = $1`, [
      tenant.id,
      ` ${canary}`,
    ]);
  }
  const { rows } = await admin.query<{ id: string }>(
    `with sheet as (
       insert into time_sheets (tenant_id, id, user_id, time_period_id)
       values ($1, gen_random_uuid(), $2, $3) returning id)
     insert into time_entries (tenant_id, id, time_sheet_id, user_id, work_item_type, service_id,
       start_time, duration_minutes, billable_minutes, notes)
     select $1, gen_random_uuid(), sheet.id, $2, 'ad_hoc', $4, '2020-01-02T08:00:00Z', 30, 30, $5
     from sheet returning id`,
    [tenant.id, desk.userId, desk.timePeriodId, desk.serviceId, canary],
  );
  return {
    client: desk.clientId,
    contact: desk.contactId,
    asset: desk.assetId,
    invoice: desk.invoiceId,
    project: desk.project.id,
    projectTask: desk.taskId,
    timeEntry: rows[0]?.id ?? '',
  };
}

/** A hook whose one delivery has made a ticket. */
async function addHook(rig: PeopledRig, tenant: TestTenant, canary: string) {
  const hook = await rig.factory.hook(tenant, {
    name: canary,
    handler: directAction('createTicket', ticketMapping(tenant.desk)),
  });
  const body = { title: canary, ref: canary };
  const headers = { 'x-request-id': canary };
  const answer = await send(rig.gateway.url, hook, body, { headers });
  if (answer.status !== 200) throw new Error(`the hook answered ${answer.status}`);
  const { rows } = await rig.database.admin.query<{ id: string }>(
    'select id from inbound_deliveries where tenant_id = $1',
    [tenant.id],
  );
  const plain = (id = ''): string => id.replaceAll('-', '');
  return { hook: `hook_${plain(hook.id)}`, inboundDelivery: `ind_${plain(rows[0]?.id)}` };
}

async function addSupport(
  rig: PeopledRig,
  given: {
    readonly tenant: TestTenant;
    readonly owner: ApiCaller;
    readonly key: TestKey;
    readonly canary: string;
  },
) {
  const { tenant, owner, key, canary } = given;
  const create = async (path: string, body: object): Promise<string> =>
    (await made(owner.post(`/${path}/create`, body), 201)).id;
  const visitor = await create('visitors', {
    name: canary,
    email: `${canary}@example.test`,
    externalUserId: canary,
    customAttributes: { canary },
  });
  const [conversation, claimedConversation] = [
    await create('conversations', { visitorId: visitor, subject: canary }),
    await create('conversations', { visitorId: visitor, subject: canary }),
  ];
  await made(
    owner.post('/conversations/messages/receive', {
      conversationId: conversation,
      content: canary,
    }),
    201,
  );
  const held = { conversationId: claimedConversation, credentialId: key.id };
  const { id: claim } = await testClaim(rig, tenant, held);
  const ticket = await create('tickets', { subject: canary, description: canary });
  await create('tickets/comments', { ticketId: ticket, content: canary });
  const collection = await create('collections', { name: canary });
  const otherCollection = await create('collections', { name: `${canary} empty` });
  const article = await create('articles', {
    title: canary,
    content: `Welcome, ${canary}`,
    collectionId: collection,
  });
  await made(owner.post('/articles/update', { articleId: article, status: 'published' }), 200);
  const outboundMessage = await create('outbound', { name: canary, content: { text: canary } });
  return {
    visitor,
    conversation,
    claimedConversation,
    claim,
    ticket,
    collection,
    otherCollection,
    article,
    outboundMessage,
  };
}

async function addOutbound(owner: ApiCaller, compat: ReturnType<typeof compatAs>, canary: string) {
  const url = 'http://localhost:9/hook';
  const eventType = `${canary}.happened`;
  await made(owner.post('/events/types', { name: eventType, schema: { type: 'object' } }), 201);
  const endpoint = await made(
    owner.post('/webhooks', { url, name: canary, eventTypes: [eventType] }),
    201,
  );
  await made(owner.post(`/webhooks/${endpoint.data.id}/pause`), 200);
  const wish = { type: eventType, resourceId: canary, data: { canary } };
  const event = await made(owner.post('/events', wish), 201);
  const awaiting = await made(owner.post('/events', { ...wish, awaitsReceipt: true }), 201);
  const [delivery] = (await made(owner.get('/webhooks/deliveries'), 200)).data;
  const filter = { status: 'failed', from: new Date(Date.now() - 86_400_000).toISOString() };
  const job = await made(owner.post('/webhooks/replay-jobs', { filter }), 202);
  await eventually(async () => {
    const { body } = await owner.get(`/webhooks/replay-jobs/${job.data.id}`);
    if (body.data.finishedAt === null) throw new Error('the replay still runs');
  });
  const organizationWebhook = `${canary}-cards`;
  await made(compat('POST', '/api/webhook', { name: organizationWebhook, url }), 201);
  const userWebhook = await made(
    compat('POST', '/api/webhooks', { url, events: ['card.viewed'] }),
    201,
  );
  return {
    eventType,
    event: event.data.id,
    awaitingEvent: awaiting.data.id,
    endpoint: endpoint.data.id,
    endpointName: canary,
    organizationWebhook,
    userWebhook: userWebhook.id,
    outboundDelivery: delivery.id,
    replayJob: job.data.id,
  };
}

/** Waits until two looks in a row find the same. */
async function settled(rig: PeopledRig, tenant: TestTenant): Promise<void> {
  let last = '';
  await eventually(async () => {
    const now = JSON.stringify(await rowsOf(rig, tenant));
    const isSame = now === last;
    last = now;
    if (!isSame) throw new Error('something still changes');
  });
}

/** What a request changes by being made: windows of limits, and when a token was last used. */
const counters = new Set(['automation_rate_windows', 'read_windows', 'hook_rate_buckets']);

/**
 * How many rows of each table a tenant has, and a digest of them. Left out is what the mere coming of a
 * request changes.
 */
export async function rowsOf(
  { database: { admin } }: Pick<PeopledRig, 'database'>,
  { id }: Pick<TestTenant, 'id'>,
): Promise<Readonly<Record<string, string>>> {
  const { rows: tables } = await admin.query<{ name: string; column: string }>(
    `select table_name as name, min(column_name) as column from information_schema.columns
     where table_schema = 'public' and (column_name = 'tenant_id' or (table_name, column_name) = ('tenants', 'id'))
     group by table_name order by table_name`,
  );
  const parts = tables
    .filter(({ name }) => !counters.has(name))
    .map(
      ({ name, column }) => `select '${name}' as name, count(*) || ' ' || coalesce(
         md5(string_agg(row, ' ' order by row)), '') as rows
       from (select (to_jsonb(t) - 'last_used_at')::text as row from ${name} t where ${column} = $1) as found`,
    );
  const { rows } = await admin.query<{ name: string; rows: string }>(parts.join(' union all '), [
    id,
  ]);
  return Object.fromEntries(rows.map((row) => [row.name, row.rows]));
}

/** The forms in which an id can stand in an answer: as the wire has it, and as a UUID. */
export function formsOf(id: string): string[] {
  for (const kind of [
    'hook',
    'delivery',
    'event',
    'endpoint',
    'outboundDelivery',
    'replayJob',
    'credential',
  ] as const) {
    const uuid = fromWireId(kind, id);
    if (uuid !== undefined) return [id, uuid];
  }
  return [id];
}
