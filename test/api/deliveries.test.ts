import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import {
  directAction,
  send,
  ticketMapping,
  type TestHook,
  type TestTenant,
} from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let api: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack({ env: { TIDEGATE_TEMPORAL_UI_URL: 'http://temporal.test:8233/' } });
  tenant = await stack.factory.tenant();
  api = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
});
afterAll(() => stack.stop());

const pathOf = (hook: TestHook): string => `/inbound-webhooks/hook_${hook.id.replaceAll('-', '')}`;

async function post(hook: TestHook, body: unknown, options: Parameters<typeof send>[3] = {}) {
  const answer = await send(stack.gateway.url, hook, body, options);
  return { status: answer.status, id: String(answer.body?.['delivery_id']) };
}

/** A delivery once what the sender was told has been noted. */
const settled = (hook: TestHook, id: string) =>
  eventually(async () => {
    const { body } = await api.get(`${pathOf(hook)}/deliveries/${id}`);
    expect(body.data.responseStatus).not.toBeNull();
    return body.data;
  });

describe('the log of a hook', () => {
  test('S-045 shows the request, its proof, its outcome, the answer and how long it took', async () => {
    const hook = await stack.factory.hook(tenant);
    const { id } = await post(
      hook,
      { title: 'Logged' },
      {
        headers: {
          'x-request-id': 'key-1',
          'user-agent': 'monitor/1.0',
          authorization: 'Bearer no',
        },
        path: `/api/inbound/${tenant.slug}/${hook.slug}?source=eu`,
      },
    );
    const delivery = await settled(hook, id);
    expect(delivery).toMatchObject({
      id,
      method: 'POST',
      path: `/api/inbound/${tenant.slug}/${hook.slug}`,
      query: { source: 'eu' },
      sourceIp: '127.0.0.1',
      userAgent: 'monitor/1.0',
      authStatus: 'verified',
      dispatchStatus: 'dispatched',
      idempotencyKey: 'key-1',
      outcome: { action: 'createTicket', entityType: 'ticket' },
      responseStatus: 200,
      responseBody: { delivery_id: id },
      isReplay: false,
      replays: [],
      isTest: false,
    });
    expect(delivery.durationMs).toBeGreaterThanOrEqual(0);
    expect(delivery.headers).not.toHaveProperty('authorization');
    expect(delivery.body).toMatchObject({ text: '{"title":"Logged"}', isTruncated: false });
    expect(delivery.temporalUrl).toBe(
      `http://temporal.test:8233/namespaces/default/workflows/${encodeURIComponent(delivery.workflowId)}`,
    );
  });

  test('S-045 notes each answer: failures, duplicates and refusals alike', async () => {
    const hook = await stack.factory.hook(tenant);
    const first = await post(hook, { title: 'A' }, { headers: { 'x-request-id': 'k' } });
    await post(hook, { title: 'A' }, { headers: { 'x-request-id': 'k' } });
    await post(hook, '{"broken');
    await post(hook, {});
    await post(hook, {}, { secret: 'wrong' });
    const { body } = await eventually(async () => {
      const list = await api.get(`${pathOf(hook)}/deliveries`);
      for (const each of list.body.data) expect(each.responseStatus).not.toBeNull();
      return list;
    });
    const seen = body.data.map((each: Record<string, unknown>) => [
      each['authStatus'],
      each['dispatchStatus'],
      each['responseStatus'],
    ]);
    expect(seen).toEqual([
      ['rejected_signature', 'failed', 401],
      ['verified', 'failed', 400],
      ['verified', 'failed', 400],
      ['verified', 'duplicate', 200],
      ['verified', 'dispatched', 200],
    ]);
    expect(body.data[3].duplicateOf).toBe(first.id);
  });

  test('S-045 lists by status and dates, 25 a page by default and 100 at most, with page, limit and total', async () => {
    const hook = await stack.factory.hook(tenant);
    for (let n = 0; n < 27; n += 1) await post(hook, n % 9 === 0 ? {} : { title: `No. ${n}` });
    const log = `${pathOf(hook)}/deliveries`;
    expect((await api.get(log)).body.data).toHaveLength(25);
    expect((await api.get(log)).body).not.toHaveProperty('total');
    expect((await api.get(`${log}?limit=1000`)).body.data).toHaveLength(27);
    const page = await api.get(`${log}?page=2&limit=20`);
    expect(page.body).toMatchObject({ page: 2, limit: 20, total: 27, hasMore: false });
    expect(page.body.data).toHaveLength(7);
    const failed = await api.get(`${log}?status=failed&page=1`);
    expect(failed.body.total).toBe(3);
    const future = await api.get(`${log}?dateFrom=2100-01-01T00:00:00Z`);
    expect(future.body.data).toEqual([]);
    const past = await api.get(`${log}?dateTo=2100-01-01T00:00:00%2B02:00&limit=100`);
    expect(past.body.data).toHaveLength(27);
    const unknown = await api.get(`${log}?status=lost`);
    expect(unknown).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  test('S-045 pages by cursor, each delivery exactly once while new ones arrive', async () => {
    const hook = await stack.factory.hook(tenant);
    for (let n = 0; n < 5; n += 1) await post(hook, { title: `Page ${n}` });
    const ids: string[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await api.get(`${pathOf(hook)}/deliveries?limit=2${cursor}`);
      ids.push(...body.data.map((each: { id: string }) => each.id));
      await post(hook, { title: 'In between' });
      if (!body.hasMore) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(ids).toHaveLength(5);
    expect(new Set(ids).size).toBe(5);
  });

  test('S-048 a delivery asked for under another hook or by another tenant answers 404', async () => {
    const hook = await stack.factory.hook(tenant);
    const neighbour = await stack.factory.hook(tenant);
    const { id } = await post(hook, { title: 'Mine' });
    expect((await api.get(`${pathOf(neighbour)}/deliveries/${id}`)).status).toBe(404);
    const other = await stack.factory.tenant();
    const foreign = apiAs(stack.gateway.url, (await stack.factory.user(other)).token);
    for (const suffix of ['', '/replay', '/verify']) {
      const at = `${pathOf(hook)}/deliveries/${id}${suffix}`;
      const answer = suffix === '' ? await foreign.get(at) : await foreign.post(at, {});
      expect(answer.status).toBe(404);
    }
  });

  test('hides bodies from all but administrators, and links to Temporal from all but operators', async () => {
    const hook = await stack.factory.hook(tenant);
    const { id } = await post(hook, { title: 'Customer data' });
    const reader = await stack.factory.user(tenant, {
      role: 'viewer',
      permissions: ['inbound_webhook.read'],
    });
    const at = `${pathOf(hook)}/deliveries/${id}`;
    const { body } = await apiAs(stack.gateway.url, reader.token).get(at);
    expect(body.data.body).toMatchObject({ text: null, base64: null });
    expect(body.data.temporalUrl).toBeNull();
  });
});

describe('a replay', () => {
  test('S-050 runs the stored body through the current configuration, as a new row with links both ways', async () => {
    const hook = await stack.factory.hook(tenant, {
      handler: directAction('createTicket', { ...ticketMapping(tenant.desk), title: 'wrong.path' }),
    });
    const { id, status } = await post(hook, { title: 'Second chance' });
    expect(status).toBe(400);
    await api.patch(pathOf(hook), {
      handlerConfig: { action: 'createTicket', mapping: ticketMapping(tenant.desk) },
    });
    const replayed = await api.post(`${pathOf(hook)}/deliveries/${id}/replay`);
    expect(replayed.status).toBe(202);
    expect(replayed.body.data).toMatchObject({ isReplay: true, replayedFrom: id });
    const delivery = await settled(hook, replayed.body.data.id);
    expect(delivery).toMatchObject({ dispatchStatus: 'dispatched', responseStatus: 200 });
    const original = await api.get(`${pathOf(hook)}/deliveries/${id}`);
    expect(original.body.data).toMatchObject({
      dispatchStatus: 'failed',
      replays: [replayed.body.data.id],
    });
  });

  test('S-050 classifies a mapping error as on first receipt: 400, not 500', async () => {
    const hook = await stack.factory.hook(tenant);
    const { id } = await post(hook, {});
    const { body } = await api.post(`${pathOf(hook)}/deliveries/${id}/replay`);
    expect(await settled(hook, body.data.id)).toMatchObject({
      responseStatus: 400,
      responseBody: { error: 'mapping_failed' },
      outcome: { code: 'mapping_failed', field: 'title' },
    });
  });

  test('S-050 needs the permission, an active hook and a whole verified body', async () => {
    const hook = await stack.factory.hook(tenant);
    const { id } = await post(hook, { title: 'Once more' });
    const editor = await stack.factory.user(tenant, {
      role: 'agent',
      permissions: ['inbound_webhook.read', 'inbound_webhook.update'],
    });
    const replay = `${pathOf(hook)}/deliveries/${id}/replay`;
    expect((await apiAs(stack.gateway.url, editor.token).post(replay)).status).toBe(403);
    await post(hook, {}, { secret: 'wrong' });
    const list = await api.get(`${pathOf(hook)}/deliveries?limit=1`);
    const rejected = `${pathOf(hook)}/deliveries/${list.body.data[0].id}/replay`;
    expect((await api.post(rejected)).body).toMatchObject({ code: 'delivery_not_replayable' });
    await api.patch(pathOf(hook), { isActive: false });
    expect((await api.post(replay)).body).toMatchObject({ code: 'hook_inactive' });
  });

  test('S-020 repeated with one key makes one delivery', async () => {
    const hook = await stack.factory.hook(tenant);
    const { id } = await post(hook, { title: 'Replayed once' });
    const key = { 'idempotency-key': `replay-${id}` };
    const at = `${pathOf(hook)}/deliveries/${id}/replay`;
    const answers = [await api.post(at, undefined, key), await api.post(at, undefined, key)];
    expect(answers[1]?.body).toEqual(answers[0]?.body);
    expect((await api.get(`${pathOf(hook)}/deliveries?page=1`)).body.total).toBe(2);
  });
});

describe('a test request', () => {
  test('S-007 goes through the real mapping and action, and is marked', async () => {
    const hook = await stack.factory.hook(tenant);
    const answer = await api.post(`${pathOf(hook)}/test`, {
      body: { title: 'By the administrator' },
    });
    expect(answer.status).toBe(202);
    const delivery = await settled(hook, answer.body.data.id);
    expect(delivery).toMatchObject({
      isTest: true,
      dispatchStatus: 'dispatched',
      responseStatus: 200,
    });
    const { rows } = await stack.database.admin.query(
      `select 1 from tickets where title = 'By the administrator'`,
    );
    expect(rows).toHaveLength(1);
  });

  test('needs an active hook', async () => {
    const hook = await stack.factory.hook(tenant, { isActive: false });
    expect((await api.post(`${pathOf(hook)}/test`, {})).body).toMatchObject({
      code: 'hook_inactive',
    });
  });
});

describe('a stored delivery verified again', () => {
  test('verifies with the current keys, and says what is wrong with a candidate', async () => {
    const hook = await stack.factory.hook(tenant);
    const { id } = await post(hook, { title: 'Verify me' });
    const at = `${pathOf(hook)}/deliveries/${id}/verify`;
    const current = await api.post(at, {});
    expect(current.status).toBe(200);
    expect(current.body.data).toMatchObject({ ok: true, refusal: null, findings: [] });
    const candidate = await api.post(at, { secret: `${hook.secret}\n` });
    expect(candidate.body.data).toMatchObject({ ok: false, refusal: 'rejected_signature' });
    expect(JSON.stringify(candidate.body.data.findings)).toMatch(/newline|blank|trim/i);
    expect(JSON.stringify(candidate.body)).not.toContain(hook.secret);
  });
});
