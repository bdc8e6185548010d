import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiAs, type ApiAnswer, type ApiCaller } from '../support/api.ts';
import { ticketMapping, type TestTenant } from '../support/factory.ts';
import { createHook, hooksPath as path, sendTo, signed } from '../support/hook-api.ts';
import { hookBody } from '../support/hook-body.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let api: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
  tenant = await stack.factory.tenant();
  api = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
});
afterAll(() => stack.stop());

const create = (overrides: Readonly<Record<string, unknown>> = {}): Promise<ApiAnswer> =>
  createHook(api, tenant, overrides);

describe('a hook made over the API', () => {
  test('S-007 S-013 comes with its address and a drawn secret, which works and is never shown again', async () => {
    const { body } = await create();
    expect(body.data).toMatchObject({
      id: expect.stringMatching(/^hook_[0-9a-f]{32}$/),
      url: `${stack.gateway.url}/api/inbound/${tenant.slug}/${body.data.slug}`,
      secretSlots: ['default'],
      isActive: true,
      rateLimitPerMinute: 600,
      idempotencyWindowSeconds: 86_400,
      warnings: [],
    });
    expect(Buffer.from(body.secret, 'base64url')).toHaveLength(32);
    const alert = { title: 'Made over the API' };
    expect((await sendTo(body.data, alert, signed(body.secret, alert))).status).toBe(200);
    const reads = [
      await api.get(`${path}/${body.data.id}`),
      await api.get(`${path}?limit=100`),
      await api.patch(`${path}/${body.data.id}`, { name: 'Renamed' }),
    ];
    for (const read of reads) {
      expect(read.status).toBe(200);
      expect(JSON.stringify(read.body)).not.toContain(body.secret);
    }
  });

  test('S-013 takes a secret of at least 16 characters, and refuses a shorter one', async () => {
    const { body } = await create({ secret: 'sixteen chars ok' });
    const alert = { title: 'Own secret' };
    expect((await sendTo(body.data, alert, signed('sixteen chars ok', alert))).status).toBe(200);
    const refused = await api.post(path, hookBody(tenant, { secret: 'fifteen chars..' }));
    expect(refused).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(refused.body.details[0].pointer).toBe('/secret');
  });

  test('S-013 keeps its secret sealed in the database', async () => {
    const { body } = await create({ secret: 'a secret that is looked for' });
    const { rows } = await stack.database.admin.query<{ sealed: Buffer }>(
      'select sealed from hook_secrets',
    );
    for (const { sealed } of rows)
      expect(sealed.includes('a secret that is looked for')).toBe(false);
    expect(body.secret).toBe('a secret that is looked for');
  });

  test('S-007 S-044 with a taken slug is answered 409; the same slug in another tenant is fine', async () => {
    const { body } = await create();
    const { slug } = body.data;
    const taken = await api.post(path, hookBody(tenant, { slug }));
    expect(taken).toMatchObject({ status: 409, body: { code: 'slug_taken' } });
    const other = await stack.factory.tenant();
    const foreign = apiAs(stack.gateway.url, (await stack.factory.user(other)).token);
    expect((await foreign.post(path, hookBody(other, { slug }))).status).toBe(201);
  });

  test.for(['-a', 'a-', 'A', 'a_b', '', 'a'.repeat(65), 'xero', 'NinjaOne', 'Microsoft_Graph'])(
    'S-044 refuses the slug %j',
    async (slug) => {
      const answer = await api.post(path, hookBody(tenant, { slug }));
      expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      expect(answer.body.details[0].pointer).toBe('/slug');
    },
  );

  test.for(['a', '0', 'a-b', 'a'.repeat(64)])('S-044 takes the slug %j', async (slug) => {
    expect((await api.post(path, hookBody(tenant, { slug }))).status).toBe(201);
  });

  test('makes its slug from the name when none is given', async () => {
    const { body } = await api.post(path, hookBody(tenant, { name: '  Überwachung: Disk & CPU ' }));
    expect(body.data.slug).toBe('uberwachung-disk-cpu');
  });

  test('S-020 a repeated creation with one key makes one hook and shows the same secret', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const body = hookBody(tenant, { slug: 'made-once' });
    const first = await api.post(path, body, key);
    const second = await api.post(path, body, key);
    expect(first.status).toBe(201);
    expect(second.body).toEqual(first.body);
  });

  test.for([
    ['an unknown member', { isAdmin: true }, ''],
    [
      'a configuration of another type',
      { authType: 'ip_allowlist', authConfig: {} },
      '/authConfig/ipCidrs',
    ],
    [
      'an unknown preset',
      { authType: 'verifier', authConfig: { preset: 'nobody' } },
      '/authConfig/preset',
    ],
    [
      'an unknown action',
      { handlerConfig: { action: 'dropTables', mapping: {} } },
      '/handlerConfig/action',
    ],
    [
      'a field that the action lacks',
      { handlerConfig: { action: 'createTicket', mapping: { colour: '1' } } },
      '/handlerConfig/mapping/colour',
    ],
    [
      'an expression that does not compile',
      { handlerConfig: { action: 'createTicket', mapping: { title: 'a[' } } },
      '/handlerConfig/mapping/title',
    ],
    [
      'a key expression that does not compile',
      { idempotencySource: { type: 'jsonata', value: '((' } },
      '/idempotencySource/value',
    ],
    ['a window over 30 days', { idempotencyWindowSeconds: 2_592_001 }, '/idempotencyWindowSeconds'],
    ['a rate of zero', { rateLimitPerMinute: 0 }, '/rateLimitPerMinute'],
    [
      'a workflow that is not published',
      { handlerType: 'workflow', handlerConfig: { workflowId: 'nothing' } },
      '/handlerConfig/workflowId',
    ],
  ] as const)('S-135 S-039 is refused with %s, naming it', async ([, overrides, pointer]) => {
    const answer = await api.post(path, hookBody(tenant, overrides));
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(answer.body.details[0].pointer).toBe(pointer);
    expect(answer.body.details[0].message).not.toBe('');
  });

  test('S-040 at the strict level refuses lambdas when it is saved', async () => {
    const mapping = { ...ticketMapping(tenant.desk), title: '(function($x){$x})(title)' };
    const handlerConfig = { action: 'createTicket', mapping };
    const refused = await api.post(
      path,
      hookBody(tenant, { languageLevel: 'strict', handlerConfig }),
    );
    expect(refused.body.details[0].pointer).toBe('/handlerConfig/mapping/title');
    await create({ handlerConfig });
  });

  test('warns of what keeps every delivery from being dispatched', async () => {
    const { body } = await create({ handlerConfig: { action: 'createTicket', mapping: {} } });
    expect(body.data.warnings).toContain('The required field title is not mapped.');
  });
});

describe('a hook', () => {
  test('S-007 changes only the members that a request names, by PATCH and PUT alike', async () => {
    const { body } = await create({ description: 'kept', rateLimitPerMinute: 77 });
    const { id } = body.data;
    const patched = await api.patch(`${path}/${id}`, { name: 'Patched' });
    expect(patched.body).toMatchObject({
      secret: null,
      data: { name: 'Patched', description: 'kept' },
    });
    const put = await api.put(`${path}/${id}`, { isActive: false });
    expect(put.body.data).toMatchObject({
      name: 'Patched',
      rateLimitPerMinute: 77,
      isActive: false,
    });
    expect(Date.parse(put.body.data.updatedAt)).toBeGreaterThan(Date.parse(body.data.updatedAt));
  });

  test('gets a new secret when the way it is proven changes: the old one has been sent in the open', async () => {
    const { body } = await create({
      authType: 'bearer',
      authConfig: {},
      secret: 'bearer-token-0123456789',
    });
    const changed = await api.patch(`${path}/${body.data.id}`, { authType: 'hmac_sha256' });
    expect(changed.body.secret).not.toBeNull();
    const alert = { title: 'After the change' };
    const old = await sendTo(body.data, alert, signed('bearer-token-0123456789', alert));
    expect(old.status).toBe(401);
    const fresh = await sendTo(body.data, alert, signed(changed.body.secret, alert));
    expect(fresh.status).toBe(200);
  });

  test('S-013 rotates its secret at once by default', async () => {
    const { body } = await create();
    const rotated = await api.post(`${path}/${body.data.id}/rotate-secret`, {});
    expect(rotated.status).toBe(200);
    const alert = { title: 'Rotated' };
    expect((await sendTo(body.data, alert, signed(body.secret, alert))).status).toBe(401);
    expect((await sendTo(body.data, alert, signed(rotated.body.secret, alert))).status).toBe(200);
  });

  test('accepts both secrets during a grace, and the new one alone after it', async () => {
    const { body } = await create();
    const { id } = body.data;
    const rotated = await api.post(`${path}/${id}/rotate-secret`, { graceSeconds: 3_600 });
    const alert = { title: 'Overlap' };
    expect((await sendTo(body.data, alert, signed(body.secret, alert))).status).toBe(200);
    expect((await sendTo(body.data, alert, signed(rotated.body.secret, alert))).status).toBe(200);
    await stack.database.admin.query(
      `update hook_secrets set expires_at = now() - interval '1 second' where expires_at is not null`,
    );
    expect((await sendTo(body.data, alert, signed(body.secret, alert))).status).toBe(401);
    expect((await sendTo(body.data, alert, signed(rotated.body.secret, alert))).status).toBe(200);
  });

  test('S-013 that is proven by addresses alone has nothing to rotate', async () => {
    const { body } = await create({
      authType: 'ip_allowlist',
      authConfig: { ipCidrs: ['127.0.0.0/8'] },
    });
    expect(body.secret).toBeNull();
    const answer = await api.post(`${path}/${body.data.id}/rotate-secret`, {});
    expect(answer).toMatchObject({ status: 409, body: { code: 'nothing_to_rotate' } });
  });

  test('S-136 is deleted with its secrets; its deliveries stay, and its address answers 401', async () => {
    const { body } = await create();
    const alert = { title: 'Before the end' };
    await sendTo(body.data, alert, signed(body.secret, alert));
    expect((await api.delete(`${path}/${body.data.id}`)).status).toBe(204);
    expect((await api.get(`${path}/${body.data.id}`)).status).toBe(404);
    expect((await sendTo(body.data, alert, signed(body.secret, alert))).status).toBe(401);
    const { rows } = await stack.database.admin.query<{ deliveries: number; secrets: number }>(
      `select (select count(*)::int from inbound_deliveries where hook_id = $1) as deliveries,
        (select count(*)::int from hook_secrets where hook_id = $1) as secrets`,
      [body.data.id.replace('hook_', '')],
    );
    expect(rows[0]).toEqual({ deliveries: 1, secrets: 0 });
  });

  test('S-016 made anew under the slug of a deleted one takes the same keys afresh', async () => {
    const keyed = { slug: 'made-anew', idempotencySource: { type: 'jsonata', value: 'ref' } };
    const alert = { title: 'Twice, for two hooks', ref: 'same-key' };
    for (let n = 0; n < 2; n += 1) {
      const { body } = await create(keyed);
      const sent = await sendTo(body.data, alert, signed(body.secret, alert));
      expect(await sent.json()).not.toHaveProperty('duplicate');
      await api.delete(`${path}/${body.data.id}`);
    }
    const { rows } = await stack.database.admin.query(
      `select dispatch_status, outcome ->> 'code' as code from inbound_deliveries
       where idempotency_key = 'same-key' order by id`,
    );
    // Both reached the action; the second one's external id stands for the first one's ticket.
    expect(rows).toEqual([
      { dispatch_status: 'dispatched', code: null },
      { dispatch_status: 'failed', code: 'VALIDATION_ERROR' },
    ]);
  });

  test('S-127 of another tenant cannot be read, changed or deleted: it answers 404, as an unknown one does', async () => {
    const { body } = await create();
    const other = await stack.factory.tenant();
    const foreign = apiAs(stack.gateway.url, (await stack.factory.user(other)).token);
    const unknown = `hook_${'0'.repeat(32)}`;
    for (const id of [body.data.id, unknown, 'nonsense']) {
      const answers = [
        await foreign.get(`${path}/${id}`),
        await foreign.patch(`${path}/${id}`, { name: 'Mine' }),
        await foreign.delete(`${path}/${id}`),
        await foreign.post(`${path}/${id}/rotate-secret`, {}),
        await foreign.post(`${path}/${id}/test`, {}),
        await foreign.get(`${path}/${id}/deliveries`),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    }
  });

  test('is listed newest first, each exactly once over the pages', async () => {
    const own = await stack.factory.tenant();
    const caller = apiAs(stack.gateway.url, (await stack.factory.user(own)).token);
    for (let n = 0; n < 7; n += 1) await caller.post(path, hookBody(own, { slug: `h${n}` }));
    const slugs: string[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await caller.get(`${path}?limit=3${cursor}`);
      slugs.push(...body.data.map((hook: { slug: string }) => hook.slug));
      if (!body.hasMore) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(slugs).toEqual(['h6', 'h5', 'h4', 'h3', 'h2', 'h1', 'h0']);
    const bad = await caller.get(`${path}?cursor=nonsense`);
    expect(bad).toMatchObject({ status: 400, body: { code: 'cursor_invalid' } });
  });

  test('S-123 leaves who did what in the audit log, without any secret', async () => {
    const { body } = await create();
    const { id } = body.data;
    const rotated = await api.post(`${path}/${id}/rotate-secret`, {});
    await api.post(`${path}/${id}/capture-sample`);
    await api.delete(`${path}/${id}/capture-sample`);
    await api.delete(`${path}/${id}`);
    const uuid = id.replace(/^hook_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    const log = await api.get(`/audit?resourceId=${uuid}`);
    expect(log.body.data.map((entry: { action: string }) => entry.action)).toEqual([
      'inbound_webhook.deleted',
      'inbound_webhook.sample_cleared',
      'inbound_webhook.capture_armed',
      'inbound_webhook.secret_rotated',
      'inbound_webhook.created',
    ]);
    expect(JSON.stringify(log.body)).not.toContain(rotated.body.secret);
  });
});
