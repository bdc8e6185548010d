import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import type { TestTenant, TestUser } from '../support/factory.ts';

let stack: TestStack;
let tenant: TestTenant;
let person: TestUser;
let user: ApiCaller;
let key: ApiCaller;

const keyOf = async (of: TestTenant): Promise<ApiCaller> =>
  apiAs(
    stack.gateway.url,
    (await automationKey(stack, of, ['tickets.read', 'tickets.write'])).secret,
  );

beforeAll(async () => {
  stack = await startTestStack();
  tenant = await stack.factory.tenant();
  person = await stack.factory.user(tenant);
  user = apiAs(stack.gateway.url, person.token);
  key = await keyOf(tenant);
});
afterAll(() => stack.stop());

const rows = async (statement: string, ...values: unknown[]) =>
  (await stack.database.admin.query(statement, values)).rows;
const addVisitor = async ({ id: tenantId }: TestTenant): Promise<string> => {
  const id = randomUUID();
  await rows(`insert into visitors (tenant_id, id, session_id) values ($1, $2, $2)`, tenantId, id);
  return id;
};
const addConversation = async (of: TestTenant, visitorId: string | null): Promise<string> => {
  const id = randomUUID();
  await rows(
    `insert into conversations (tenant_id, id, visitor_id) values ($1, $2, $3)`,
    of.id,
    id,
    visitorId,
  );
  return id;
};
const create = async (body: object = {}): Promise<string> =>
  (await user.post('/tickets/create', { subject: 'Printer', ...body })).body.id;
const read = async (id: string) => (await user.get(`/tickets/get?id=${id}`)).body;
const eventsOf = (id: string) =>
  rows(`select type, data from events where object_id = $1 order by id`, id);
/** Everything that a refused write must leave as it was. */
const everything = ({ id }: TestTenant) =>
  rows(
    `select (select count(*) from tickets where tenant_id = $1)::int as tickets,
       (select count(*) from events where tenant_id = $1)::int as events,
       (select count(*) from audit_entries where tenant_id = $1)::int as entries`,
    id,
  );

describe('tickets', () => {
  test('S-116 are made and changed by a credential and by a user alike', async () => {
    const [visitorId, assigneeId] = [await addVisitor(tenant), person.id];
    const made = await key.post('/tickets/create', {
      subject: 'Printer on fire',
      description: 'Third floor',
      priority: 'high',
      visitorId,
      assigneeId,
    });
    expect(made).toMatchObject({ status: 201, body: { id: expect.any(String) } });
    const { id } = made.body;
    expect(await read(id)).toEqual({
      id,
      workspaceId: tenant.id,
      number: expect.any(Number),
      conversationId: null,
      visitorId,
      subject: 'Printer on fire',
      description: 'Third floor',
      status: 'submitted',
      priority: 'high',
      assigneeId,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      resolvedAt: null,
      formData: null,
      resolutionSummary: null,
    });
    const resolution = { status: 'resolved', resolutionSummary: 'Put out', assigneeId: null };
    expect(await user.post('/tickets/update', { ticketId: id, ...resolution })).toMatchObject({
      status: 200,
      body: { id },
    });
    const resolved = await read(id);
    expect(resolved).toMatchObject({ ...resolution, priority: 'high', subject: 'Printer on fire' });
    expect(Date.parse(resolved.resolvedAt)).toBeGreaterThanOrEqual(Date.parse(resolved.createdAt));
    expect(Date.parse(resolved.updatedAt)).toBeGreaterThan(Date.parse(resolved.createdAt));
  });

  test('S-116 are submitted and normal unless said otherwise, and numbered with those of hooks', async () => {
    const first = await read(await create());
    const second = await read(await create());
    expect(first).toMatchObject({ status: 'submitted', priority: 'normal', assigneeId: null });
    expect(second.number).toBe(first.number + 1);
  });

  test('S-116 of a conversation belong to its visitor', async () => {
    const visitorId = await addVisitor(tenant);
    const conversationId = await addConversation(tenant, visitorId);
    expect(await read(await create({ conversationId }))).toMatchObject({
      conversationId,
      visitorId,
    });
    const other = await addVisitor(tenant);
    expect(await read(await create({ conversationId, visitorId: other }))).toMatchObject({
      visitorId: other,
    });
    const anonymous = await addConversation(tenant, null);
    expect(await read(await create({ conversationId: anonymous }))).toMatchObject({
      conversationId: anonymous,
      visitorId: null,
    });
  });

  test('S-116 are listed by status, priority and assignee', async () => {
    const own = await stack.factory.tenant();
    const agent = await stack.factory.user(own);
    const api = apiAs(stack.gateway.url, agent.token);
    const add = async (body: object, change?: object): Promise<string> => {
      const { id } = (await api.post('/tickets/create', { subject: 'x', ...body })).body;
      if (change) await api.post('/tickets/update', { ticketId: id, ...change });
      return id;
    };
    const urgent = await add({ priority: 'urgent' });
    const mine = await add({ assigneeId: agent.id }, { status: 'in_progress' });
    const both = await add({ assigneeId: agent.id, priority: 'urgent' });
    const list = async (query: string) =>
      (await api.get(`/tickets?${query}`)).body.data.map(({ id }: { id: string }) => id);
    expect(await list('')).toEqual([both, mine, urgent]);
    expect(await list('priority=urgent')).toEqual([both, urgent]);
    expect(await list(`assignee=${agent.id}`)).toEqual([both, mine]);
    expect(await list('status=in_progress')).toEqual([mine]);
    expect(await list(`assignee=${agent.id}&priority=urgent&status=submitted`)).toEqual([both]);
    expect(await list(`assignee=${randomUUID()}`)).toEqual([]);
    for (const query of ['status=done', 'priority=p1', 'assignee=me']) {
      expect(await api.get(`/tickets?${query}`), query).toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });
    }
  });

  test('S-116 without a subject are refused, and so is what cannot be kept', async () => {
    const before = await everything(tenant);
    for (const body of [
      {},
      { subject: '' },
      { subject: '   ' },
      { subject: 'x'.repeat(501) },
      { subject: 'a\0b' },
      { subject: 'x', priority: 'critical' },
      { subject: 'x', description: 'x'.repeat(20_001) },
      { subject: 'x', visitorId: 'me' },
      { subject: 'x', status: 'resolved' },
      { subject: 'x', boardId: tenant.desk.boardId },
    ]) {
      const answer = await user.post('/tickets/create', body);
      expect(answer, JSON.stringify(body)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });
    }
    expect(await everything(tenant)).toEqual(before);
  });

  test('S-116 take a subject of 500 characters and a description of 20,000, however many bytes', async () => {
    const [subject, description] = ['😀'.repeat(500), '😀'.repeat(20_000)];
    expect(await read(await create({ subject, description }))).toMatchObject({
      subject,
      description,
    });
  });

  test('S-116 that a change leaves as they are count as unchanged, and nobody is told', async () => {
    const id = await create({ assigneeId: person.id });
    const before = await read(id);
    for (const change of [{}, { status: 'submitted', assigneeId: person.id }]) {
      const answer = await user.post('/tickets/update', { ticketId: id, ...change });
      expect(answer).toMatchObject({ status: 200, body: { id } });
    }
    expect(await read(id)).toEqual(before);
    expect((await eventsOf(id)).map(({ type }) => type)).toEqual(['ticket.created']);
  });
});

describe('what is told of tickets', () => {
  test('S-093 is exactly what is listed, all of it on every change', async () => {
    const id = await create({ priority: 'low' });
    const change = (body: object) => user.post('/tickets/update', { ticketId: id, ...body });
    await change({ assigneeId: person.id });
    await change({ status: 'resolved', resolutionSummary: 'Done' });
    await change({ resolutionSummary: 'Really done' });
    const channel = 'support_ticket';
    const assigneeId = person.id;
    expect(await eventsOf(id)).toEqual([
      { type: 'ticket.created', data: { channel, status: 'submitted', priority: 'low' } },
      {
        type: 'ticket.updated',
        data: { channel, status: 'submitted', priority: 'low', assigneeId },
      },
      {
        type: 'ticket.updated',
        data: { channel, status: 'resolved', priority: 'low', assigneeId },
      },
      {
        type: 'ticket.updated',
        data: { channel, status: 'resolved', priority: 'low', assigneeId },
      },
    ]);
  });

  test('S-085 S-086 can be filtered by channel and conversation', async () => {
    const conversationId = await addConversation(tenant, null);
    const id = await create({ conversationId });
    expect(
      await rows(`select channel, conversation_id, owner_id from events where object_id = $1`, id),
    ).toEqual([{ channel: 'support_ticket', conversation_id: conversationId, owner_id: null }]);
  });

  test('S-122 is noted in the audit log under who did it', async () => {
    const { body } = await key.post('/tickets/create', { subject: 'Audited' });
    await key.post('/tickets/update', { ticketId: body.id, priority: 'high' });
    await user.post('/tickets/update', { ticketId: body.id, priority: 'low' });
    const resource_type = 'ticket';
    expect(
      await rows(
        `select actor_type, action, resource_type from audit_entries
         where resource_id = $1 order by id`,
        body.id,
      ),
    ).toEqual([
      { actor_type: 'api', action: 'automation.ticket.created', resource_type },
      { actor_type: 'api', action: 'automation.ticket.updated', resource_type },
      { actor_type: 'user', action: 'ticket.updated', resource_type },
    ]);
  });
});

describe('what is not of the tenant', () => {
  test('S-117 is refused in every reference of a ticket, and nothing is written', async () => {
    const other = await stack.factory.tenant();
    const foreign = {
      visitorId: await addVisitor(other),
      conversationId: await addConversation(other, null),
      assigneeId: (await stack.factory.user(other)).id,
    };
    const id = await create({ assigneeId: person.id });
    const before = [await everything(tenant), await read(id)];
    for (const [member, value] of Object.entries(foreign)) {
      for (const named of [value, randomUUID()]) {
        const answer = await user.post('/tickets/create', { subject: 'x', [member]: named });
        expect(answer, member).toMatchObject({
          status: 404,
          body: { code: 'not_found', details: [{ pointer: `/${member}` }] },
        });
      }
    }
    const change = { ticketId: id, status: 'resolved', assigneeId: foreign.assigneeId };
    expect(await user.post('/tickets/update', change)).toMatchObject({
      status: 404,
      body: { details: [{ pointer: '/assigneeId' }] },
    });
    expect([await everything(tenant), await read(id)]).toEqual(before);
  });

  test('S-117 is kept out by the database as well', async () => {
    const other = await stack.factory.tenant();
    const foreign = {
      visitor_id: await addVisitor(other),
      conversation_id: await addConversation(other, null),
      assigned_to: (await stack.factory.user(other)).id,
    };
    const id = await create();
    for (const [column, value] of Object.entries(foreign)) {
      const write = rows(`update tickets set ${column} = $2 where id = $1`, id, value);
      await expect(write, column).rejects.toThrow(/foreign key/);
    }
  });

  test('S-117 is not there: another tenant reads, lists and changes none of it', async () => {
    const stranger = await keyOf(await stack.factory.tenant());
    const id = await create();
    expect(await stranger.get(`/tickets/get?id=${id}`)).toMatchObject({ status: 404 });
    expect((await stranger.get('/tickets')).body.data).toEqual([]);
    const change = { ticketId: id, priority: 'low' };
    for (const ticketId of [id, randomUUID()]) {
      expect(await stranger.post('/tickets/update', { ...change, ticketId })).toMatchObject({
        status: 404,
        body: { code: 'not_found' },
      });
    }
    expect(await user.get('/tickets/get?id=1')).toMatchObject({ status: 400 });
    expect(await user.get('/tickets/get')).toMatchObject({ status: 400 });
  });

  test('S-104 S-126 nobody reads or writes without the scope or permission', async () => {
    const reads = (await automationKey(stack, tenant, ['tickets.read'])).secret;
    const none = (await automationKey(stack, tenant, ['visitors.write'])).secret;
    const viewer = (await stack.factory.user(tenant, { role: 'viewer' })).token;
    const as = (token: string) => apiAs(stack.gateway.url, token);
    const body = { subject: 'x' };
    for (const [token, code] of [
      [reads, 'scope_missing'],
      [none, 'scope_missing'],
      [viewer, 'permission_missing'],
    ] as const) {
      expect(await as(token).post('/tickets/create', body)).toMatchObject({
        status: 403,
        body: { code },
      });
    }
    expect(await as(none).get('/tickets')).toMatchObject({ status: 403 });
    expect(await as(reads).get('/tickets')).toMatchObject({ status: 200 });
    expect(await as(viewer).get('/tickets')).toMatchObject({ status: 200 });
  });
});

describe('an Idempotency-Key', () => {
  test('S-017 S-020 of many concurrent requests makes one ticket', async () => {
    const before = (await everything(tenant))[0];
    const headers = { 'idempotency-key': randomUUID() };
    const body = { subject: 'Once' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => user.post('/tickets/create', body, headers)),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map((answer) => answer.body.id)).size).toBe(1);
    const rest = answers.filter(({ status }) => status !== 201);
    for (const { status, body } of rest) {
      expect([status, body.code]).toEqual([409, 'idempotency_in_progress']);
    }
    expect((await everything(tenant))[0]).toMatchObject({
      tickets: before?.tickets + 1,
      events: before?.events + 1,
    });
    const again = await user.post('/tickets/create', body, headers);
    expect(again).toMatchObject({ status: 201, body: made[0]?.body });
  });

  test('S-019 S-020 of a change has it made once, and refuses another body', async () => {
    const id = await create();
    const headers = { 'idempotency-key': randomUUID() };
    const change = { ticketId: id, priority: 'urgent' };
    await user.post('/tickets/update', change, headers);
    await user.post('/tickets/update', { ticketId: id, priority: 'low' });
    expect(await user.post('/tickets/update', change, headers)).toMatchObject({ status: 200 });
    expect(await read(id)).toMatchObject({ priority: 'low' });
    expect(
      await user.post('/tickets/update', { ...change, status: 'resolved' }, headers),
    ).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
  });
});
