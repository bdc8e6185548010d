import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { apiAs, type ApiAnswer, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import type { TestTenant } from '../support/factory.ts';
import { auditedOf, eventsAbout, maker, reader } from '../support/knowledge.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let api: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());
beforeEach(async () => {
  tenant = await stack.factory.tenant();
  api = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
});

const make = maker(() => api, '/outbound');
const message = reader(() => api, '/outbound');
const command = (name: string, id: string): Promise<ApiAnswer> =>
  api.post(`/outbound/${name}`, { outboundMessageId: id });
const content = { text: 'Hello!' };
const condition = {
  type: 'condition',
  property: { source: 'custom', key: 'plan' },
  operator: 'equals',
  value: 'pro',
};
const group = (...conditions: object[]) => ({ type: 'group', operator: 'or', conditions });
/** Stored by another part of the product, past the API. */
const store = async (type: string, status: string): Promise<string> => {
  const id = randomUUID();
  await stack.database.admin.query(
    `insert into outbound_messages (tenant_id, id, type, name, content, status)
     values ($1, $2, $3, 'Stored', '{}', $4)`,
    [tenant.id, id, type, status],
  );
  return id;
};

describe('an outbound message', () => {
  test('S-118 is made as a draft with all that was said of it', async () => {
    const articleId = await maker(() => api, '/articles')({ title: 'Help', content: 'x' });
    const { body: members } = await api.get('/users');
    const said = {
      name: 'Welcome',
      content: {
        ...content,
        senderId: members.data[0].id,
        title: 'Hi',
        body: 'There',
        imageUrl: 'https://example.test/a.png',
        videoUrl: 'https://example.test/a.mp4',
        style: 'floating',
        dismissible: true,
        buttons: [
          { text: 'Read', action: 'open_help_article', articleId },
          { text: 'Go', action: 'url', url: 'https://example.test/' },
          { text: 'Ask', action: 'open_new_conversation', prefillMessage: 'I need' },
          { text: 'Tour', action: 'tour', tourId: 'first-steps' },
          { text: 'Tab', action: 'open_widget_tab', tabId: 'help' },
          { text: 'No', action: 'dismiss' },
        ],
        clickAction: { type: 'open_url', url: 'https://example.test/' },
      },
      targeting: group(condition, group(condition)),
      triggers: { type: 'page_visit', pageUrl: '/pricing', pageUrlMatch: 'contains' },
      frequency: 'once_per_session',
      scheduling: { startDate: '2026-01-01T00:00:00Z', endDate: '2026-02-01T00:00:00+01:00' },
      priority: 3,
    };
    const id = await make(said);
    expect(await message(id)).toEqual({
      id,
      workspaceId: tenant.id,
      ...said,
      status: 'draft',
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(await message(await make({ name: 'Short', content }))).toMatchObject({
      targeting: null,
      triggers: null,
      frequency: null,
      scheduling: null,
      priority: null,
    });
  });

  test('S-118 is changed where something is given, and loses what is given as null', async () => {
    const id = await make({ name: 'A', content, targeting: condition, priority: 1 });
    const body = { outboundMessageId: id, name: 'B', targeting: null };
    expect(await api.post('/outbound/update', body)).toMatchObject({ status: 200, body: { id } });
    expect(await message(id)).toMatchObject({ name: 'B', content, targeting: null, priority: 1 });
  });

  test('S-118 is activated, paused and activated again, and each can be repeated', async () => {
    const id = await make({ name: 'Cycle', content });
    for (const [name, status] of [
      ['activate', 'active'],
      ['activate', 'active'],
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['activate', 'active'],
    ] as const) {
      expect(await command(name, id)).toMatchObject({ status: 200, body: { id, status } });
      expect(await message(id)).toMatchObject({ status });
    }
    const types = (await eventsAbout(stack, id)).map(({ type }) => type);
    const turns = ['outbound.activated', 'outbound.paused', 'outbound.activated'];
    expect(types).toEqual(['outbound.created', ...turns]);
  });

  test('S-117 S-118 is not paused as a draft, and stays as it is archived', async () => {
    const draft = await make({ name: 'Draft', content });
    const archived = await store('chat', 'archived');
    for (const [name, id, status] of [
      ['pause', draft, 'draft'],
      ['pause', archived, 'archived'],
      ['activate', archived, 'archived'],
    ] as const) {
      expect(await command(name, id)).toMatchObject({
        status: 409,
        body: { code: 'outbound_message_state', message: expect.stringContaining(status) },
      });
      expect(await message(id)).toMatchObject({ status });
    }
    expect(await eventsAbout(stack, archived)).toEqual([]);
  });

  test('S-118 of many commands at once each sees the one before', async () => {
    const id = await make({ name: 'Busy', content });
    await Promise.all(Array.from({ length: 10 }, () => command('activate', id)));
    const types = (await eventsAbout(stack, id)).map(({ type }) => type);
    expect(types).toEqual(['outbound.created', 'outbound.activated']);
  });

  test('S-118 of another type is not there, by any way', async () => {
    for (const type of ['post', 'banner']) {
      const id = await store(type, 'active');
      const answers = [
        await api.get(`/outbound/get?id=${id}`),
        await api.post('/outbound/update', { outboundMessageId: id, name: 'X' }),
        await command('activate', id),
        await command('pause', id),
        await command('delete', id),
      ];
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
      }
    }
    const { body } = await api.get('/outbound');
    expect(body).toEqual({ data: [], nextCursor: null, hasMore: false });
    const { rows } = await stack.database.admin.query(
      `select name, status from outbound_messages where tenant_id = $1`,
      [tenant.id],
    );
    expect(rows).toEqual([
      { name: 'Stored', status: 'active' },
      { name: 'Stored', status: 'active' },
    ]);
  });

  test('S-118 is listed by its status', async () => {
    const draft = await make({ name: 'Draft', content });
    const active = await make({ name: 'Active', content });
    await command('activate', active);
    const idsOf = async (query: string): Promise<string[]> =>
      (await api.get(`/outbound${query}`)).body.data.map(({ id }: { id: string }) => id);
    expect(await idsOf('')).toEqual([active, draft]);
    expect(await idsOf('?status=active')).toEqual([active]);
    expect(await idsOf('?status=archived')).toEqual([]);
  });
});

describe('what is refused of an outbound message', () => {
  test.each([
    ['an operator', { targeting: { ...condition, operator: 'like' } }, '/targeting/operator'],
    [
      'a source',
      { targeting: { ...condition, property: { source: 'x', key: 'a' } } },
      '/targeting/property/source',
    ],
    [
      'a third level',
      { targeting: group(group(group(condition))) },
      '/targeting/conditions/0/conditions/0/type',
    ],
    ['a style', { content: { style: 'loud' } }, '/content/style'],
    ['an unknown member', { content: { html: 'x' } }, '/content'],
    ['a script as a link', { content: { imageUrl: 'javascript:alert(1)' } }, '/content/imageUrl'],
    [
      'a button that leads nowhere',
      { content: { buttons: [{ text: 'x', action: 'url' }] } },
      '/content/buttons/0/url',
    ],
    [
      'an action',
      { content: { buttons: [{ text: 'x', action: 'reload' }] } },
      '/content/buttons/0/action',
    ],
    [
      'a click that leads nowhere',
      { content: { clickAction: { type: 'open_help_article' } } },
      '/content/clickAction/articleId',
    ],
    ['a trigger', { triggers: { type: 'hover' } }, '/triggers/type'],
    [
      'a share of a page',
      { triggers: { type: 'scroll_depth', scrollPercent: 101 } },
      '/triggers/scrollPercent',
    ],
    ['a frequency', { frequency: 'daily' }, '/frequency'],
    [
      'an end before the start',
      { scheduling: { startDate: '2026-02-01T00:00:00Z', endDate: '2026-01-01T00:00:00Z' } },
      '/scheduling/endDate',
    ],
    [
      'a date without a time zone',
      { scheduling: { startDate: '2026-02-01' } },
      '/scheduling/startDate',
    ],
    ['a status', { status: 'active' }, ''],
    ['a type', { type: 'banner' }, ''],
  ])('S-118 %s, when it is made and when it is changed', async (_, fault, pointer) => {
    const refused = { status: 400, body: { code: 'validation_failed', details: [{ pointer }] } };
    expect(await api.post('/outbound/create', { name: 'X', content, ...fault })).toMatchObject(
      refused,
    );
    const id = await make({ name: 'Whole', content });
    const changed = { outboundMessageId: id, name: 'Half', ...fault };
    expect(await api.post('/outbound/update', changed)).toMatchObject(refused);
    expect(await message(id)).toMatchObject({ name: 'Whole', content });
    expect((await api.get('/outbound')).body.data).toHaveLength(1);
  });

  test('S-117 an article or sender of another tenant, with nothing written', async () => {
    const other = await stack.factory.tenant();
    const stranger = await stack.factory.user(other);
    const theirs = apiAs(stack.gateway.url, stranger.token);
    const foreign = await maker(() => theirs, '/articles')({ title: 'Theirs', content: 'x' });
    const id = await make({ name: 'Mine', content });
    const button = (articleId: string) => ({ text: 'Go', action: 'open_help_article', articleId });
    const cases: [object, string][] = [
      [{ senderId: stranger.id }, '/content/senderId'],
      [{ buttons: [button(foreign)] }, '/content/buttons/0/articleId'],
      [
        { clickAction: { type: 'open_help_article', articleId: randomUUID() } },
        '/content/clickAction/articleId',
      ],
    ];
    for (const [wrong, pointer] of cases) {
      const refused = { status: 404, body: { code: 'not_found', details: [{ pointer }] } };
      const made = await api.post('/outbound/create', { name: 'X', content: wrong });
      expect(made, pointer).toMatchObject(refused);
      const changed = { outboundMessageId: id, name: 'X', content: wrong };
      expect(await api.post('/outbound/update', changed), pointer).toMatchObject(refused);
    }
    expect((await api.get('/outbound')).body.data).toMatchObject([{ id, name: 'Mine', content }]);
    expect(await eventsAbout(stack, id)).toHaveLength(1);
  });

  test('S-117 anything from another tenant', async () => {
    const id = await make({ name: 'Mine', content });
    const other = await stack.factory.tenant();
    const key = apiAs(stack.gateway.url, (await automationKey(stack, other)).secret);
    const outboundMessageId = id;
    const answers = [
      await key.get(`/outbound/get?id=${id}`),
      await key.post('/outbound/update', { outboundMessageId, name: 'Theirs' }),
      await key.post('/outbound/activate', { outboundMessageId }),
      await key.post('/outbound/delete', { outboundMessageId }),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 404 });
    expect(await message(id)).toMatchObject({ name: 'Mine', status: 'draft' });
  });
});

describe('writes of outbound messages', () => {
  test('S-093 S-122 tell of each, and the credential is audited for it', async () => {
    const key = apiAs(stack.gateway.url, (await automationKey(stack, tenant)).secret);
    const { body: made } = await key.post('/outbound/create', { name: 'Told', content });
    const { id } = made;
    const of = { outboundMessageId: id };
    await key.post('/outbound/update', { ...of, name: 'Retold' });
    await key.post('/outbound/activate', of);
    await key.post('/outbound/pause', of);
    expect(await key.post('/outbound/delete', of)).toMatchObject({ status: 200, body: { id } });
    const name = 'Retold';
    const about = { object_type: 'outbound' };
    expect(await eventsAbout(stack, id)).toEqual([
      { ...about, type: 'outbound.created', data: { status: 'draft', name: 'Told' } },
      { ...about, type: 'outbound.updated', data: { name } },
      { ...about, type: 'outbound.activated', data: { status: 'active', name } },
      { ...about, type: 'outbound.paused', data: { status: 'paused', name } },
      { ...about, type: 'outbound.deleted', data: { name } },
    ]);
    const verbs = ['created', 'updated', 'activated', 'paused', 'deleted'];
    const audited = verbs.map((verb) => `api automation.outbound.${verb} outbound`);
    expect(await auditedOf(stack, id)).toEqual(audited);
  });

  test('S-020 are done once for an Idempotency-Key, deletion and activation too', async () => {
    const id = await make({ name: 'Once', content });
    for (const [name, answer] of [
      ['activate', { id, status: 'active' }],
      ['pause', { id, status: 'paused' }],
      ['delete', { id }],
    ] as const) {
      const headers = { 'idempotency-key': randomUUID() };
      const body = { outboundMessageId: id };
      for (const isRepeat of [false, true]) {
        const answered = await api.post(`/outbound/${name}`, body, headers);
        expect(answered).toMatchObject({ status: 200, body: answer });
        expect(answered.headers.get('idempotency-replayed')).toBe(isRepeat ? 'true' : null);
      }
    }
    const other = await make({ name: 'Other', content });
    const headers = { 'idempotency-key': randomUUID() };
    await api.post('/outbound/activate', { outboundMessageId: other }, headers);
    await command('pause', other);
    await api.post('/outbound/activate', { outboundMessageId: other }, headers);
    expect(await message(other)).toMatchObject({ status: 'paused' });
    expect((await eventsAbout(stack, id)).map(({ type }) => type)).toEqual([
      'outbound.created',
      'outbound.activated',
      'outbound.paused',
      'outbound.deleted',
    ]);
  });

  test('S-104 need the scope, and an agent reads only', async () => {
    const { secret } = await automationKey(stack, tenant, ['outbound.read']);
    const key = apiAs(stack.gateway.url, secret);
    expect(await key.get('/outbound')).toMatchObject({ status: 200 });
    expect(await key.post('/outbound/create', { name: 'X', content })).toMatchObject({
      status: 403,
      body: { code: 'scope_missing' },
    });
    const { token } = await stack.factory.user(tenant, { role: 'agent' });
    const agent = apiAs(stack.gateway.url, token);
    expect(await agent.post('/outbound/create', { name: 'X', content })).toMatchObject({
      status: 403,
      body: { code: 'permission_missing' },
    });
  });
});
