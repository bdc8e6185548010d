import { createHash } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { send, type TestHook, type TestTenant } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let hook: TestHook;

beforeAll(async () => {
  stack = await startTestStack();
  tenant = await stack.factory.tenant();
  hook = await stack.factory.hook(tenant);
});
afterAll(() => stack.stop());

const post = (body: unknown, options: Parameters<typeof send>[3] = {}, to = hook) =>
  send(stack.gateway.url, to, body, options);

async function deliveriesOf(hookId: string) {
  const { rows } = await stack.database.admin.query<Record<string, unknown>>(
    'select * from inbound_deliveries where hook_id = $1 order by id',
    [hookId],
  );
  return rows;
}

async function ticketsTitled(title: string): Promise<number> {
  const { rows } = await stack.database.admin.query<{ n: number }>(
    'select count(*)::integer as n from tickets where title = $1',
    [title],
  );
  return rows[0]?.n ?? 0;
}

describe('an accepted request', () => {
  test.for(['POST', 'PUT', 'PATCH'])(
    'S-001 S-024 a signed %s answers 200 with the delivery id, and one ticket exists',
    async (method) => {
      const own = await stack.factory.hook(tenant);
      const title = `Disk full, told by ${method}`;
      const answer = await post({ title, ref: `r-${method}` }, { method }, own);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ delivery_id: expect.stringMatching(/^ind_[0-9a-f]{32}$/) });
      expect(await deliveriesOf(own.id)).toMatchObject([
        { auth_status: 'verified', dispatch_status: 'dispatched', request_method: method },
      ]);
      expect(await ticketsTitled(title)).toBe(1);
    },
  );

  test('S-001 a GET dispatches nothing', async () => {
    const own = await stack.factory.hook(tenant);
    const response = await fetch(`${stack.gateway.url}/api/inbound/${tenant.slug}/${own.slug}`);
    expect(response.status).toBe(404);
    expect(await deliveriesOf(own.id)).toEqual([]);
  });

  test('keeps the bytes as received with their SHA-256', async () => {
    const own = await stack.factory.hook(tenant);
    const bytes = '{ "title":"Two  blanks" , "n": 9007199254740993 }';
    await post(bytes, {}, own);
    const [row] = await deliveriesOf(own.id);
    expect(String(row?.['body'])).toBe(bytes);
    expect(row?.['body_sha256']).toEqual(createHash('sha256').update(bytes).digest());
  });

  test('S-014 stores header names in lower case and no credentials', async () => {
    const own = await stack.factory.hook(tenant);
    const headers = { Authorization: 'Bearer x', 'X-Api-Key': 'y', Cookie: 'z', 'X-Kept': 'yes' };
    await post({ title: 'Headers' }, { headers }, own);
    const [row] = await deliveriesOf(own.id);
    const stored = row?.['request_headers'] as Record<string, string>;
    expect(stored['x-kept']).toBe('yes');
    expect(Object.keys(stored)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/authorization|api-key|cookie/)]),
    );
  });

  test('runs as a workflow that operators find by tenant, hook, state and action', async () => {
    const own = await stack.factory.hook(tenant);
    await post({ title: 'Findable' }, {}, own);
    const [row] = await deliveriesOf(own.id);
    const address = inject('servers').temporalAddress;
    const connection = await Connection.connect({ address });
    const handle = new Client({ connection }).workflow.getHandle(String(row?.['workflow_id']));
    // The sender is answered when the outcome is committed; the run closes a moment later.
    const run = await eventually(async () => {
      const described = await handle.describe();
      expect(described.status.name).toBe('COMPLETED');
      return described;
    });
    await connection.close();
    expect(run.typedSearchAttributes.getAll().map(({ value }) => value)).toEqual(
      expect.arrayContaining([tenant.slug, own.slug, 'dispatched', 'createTicket']),
    );
  });

  test('a sender that prefers respond-async is answered after the commit alone', async () => {
    const own = await stack.factory.hook(tenant);
    const answer = await post({ wrong: true }, { headers: { prefer: 'respond-async' } }, own);
    // The mapping will fail; this sender asked not to wait for it.
    expect(answer.status).toBe(200);
  });
});

describe('a request that is not let in', () => {
  test('S-002 unknown tenant, unknown hook, inactive hook and bad signature answer the same 401', async () => {
    const inactive = await stack.factory.hook(tenant);
    await stack.database.admin.query('update hooks set is_active = false where id = $1', [
      inactive.id,
    ]);
    const answers = await Promise.all([
      post({}, { path: `/api/inbound/abcdef012345/${hook.slug}` }),
      post({}, { path: `/api/inbound/not-a-slug/${hook.slug}` }),
      post({}, { path: `/api/inbound/${tenant.slug}/no-such-hook` }),
      post({}, {}, inactive),
      post({}, { secret: 'another secret' }),
      post({}, { headers: { 'x-signature': '' } }),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(answer.body).toBeUndefined();
    }
    const shapes = answers.map(({ headers }) => JSON.stringify([...headers.keys()]));
    expect(new Set(shapes).size).toBe(1);
  });

  test('S-012 is stored with the reason and without its body', async () => {
    const own = await stack.factory.hook(tenant);
    await post({ title: 'Forged' }, { secret: 'another secret' }, own);
    expect(await deliveriesOf(own.id)).toMatchObject([
      { auth_status: 'rejected_signature', dispatch_status: 'failed', body: null },
    ]);
    expect(await ticketsTitled('Forged')).toBe(0);
  });

  test('S-140 a tenant with the inbound flag off answers 404, empty', async () => {
    const off = await stack.factory.tenant({ isInboundEnabled: false });
    const answer = await post({}, {}, await stack.factory.hook(off));
    expect(answer.status).toBe(404);
    expect(answer.body).toBeUndefined();
  });
});

describe('a body that cannot be used', () => {
  test.for([
    ['truncated JSON', '{"title":'],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a byte order mark', '\uFEFF{}'],
    ['100,000 levels of nesting', '['.repeat(100_000) + ']'.repeat(100_000)],
  ] as const)('S-004 %s answers 400 invalid_json, and the bytes are kept', async ([, body]) => {
    const own = await stack.factory.hook(tenant);
    const answer = await post(body, {}, own);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: 'invalid_json' });
    const [row] = await deliveriesOf(own.id);
    expect(row).toMatchObject({ auth_status: 'verified', dispatch_status: 'failed' });
    expect(row?.['body']).toEqual(Buffer.from(body));
  });

  test('S-004 an empty body is null, which a mapping may find too little', async () => {
    const own = await stack.factory.hook(tenant);
    const answer = await post('', {}, own);
    expect(answer.body).toMatchObject({ error: 'mapping_failed' });
  });

  test('S-004 a body over the ceiling answers 413 and stores nothing', async () => {
    const own = await stack.factory.hook(tenant);
    const answer = await post({ title: 'x'.repeat(1_048_576) }, {}, own);
    expect(answer.status).toBe(413);
    expect(await deliveriesOf(own.id)).toEqual([]);
  });

  test('S-039 a missing required field answers 400 mapping_failed and names the field', async () => {
    const own = await stack.factory.hook(tenant);
    const answer = await post({ ref: 'r-1' }, {}, own);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: 'mapping_failed' });
    expect(await deliveriesOf(own.id)).toMatchObject([
      { dispatch_status: 'failed', outcome: { code: 'mapping_failed', field: 'title' } },
    ]);
  });

  test('an action that refuses a value answers 500 dispatch_failed and writes nothing', async () => {
    const own = await stack.factory.hook(tenant);
    await post({ title: 'First of two', ref: 'same' }, {}, own);
    const answer = await post({ title: 'Second of two', ref: 'same' }, {}, own);
    expect(answer.status).toBe(500);
    expect(answer.body).toMatchObject({ error: 'dispatch_failed' });
    expect(await ticketsTitled('Second of two')).toBe(0);
  });
});

describe('a repeated idempotency key', () => {
  const keyed = (key: string) => ({ headers: { 'x-request-id': key } });

  test('S-016 answers 200 with the original delivery and dispatches nothing', async () => {
    const own = await stack.factory.hook(tenant);
    const first = await post({ title: 'Once' }, keyed('k1'), own);
    const second = await post({ title: 'Once' }, keyed(' k1 '), own);
    expect(second.status).toBe(200);
    expect(second.body).toEqual({ delivery_id: first.body?.['delivery_id'], duplicate: true });
    expect(await ticketsTitled('Once')).toBe(1);
    expect((await deliveriesOf(own.id)).map((row) => row['dispatch_status'])).toEqual([
      'dispatched',
      'duplicate',
    ]);
  });

  test('S-016 dispatches afresh after a failed delivery, after the window, and on another hook', async () => {
    const own = await stack.factory.hook(tenant);
    expect((await post({}, keyed('k'), own)).status).toBe(400);
    expect((await post({ title: 'After failure' }, keyed('k'), own)).body).not.toHaveProperty(
      'duplicate',
    );
    await stack.database.admin.query(
      `update inbound_reservations set expires_at = now() - interval '1 second' where hook_id = $1`,
      [own.id],
    );
    expect((await post({ title: 'After window' }, keyed('k'), own)).body).not.toHaveProperty(
      'duplicate',
    );
    expect((await post({ title: 'Elsewhere' }, keyed('k'))).body).not.toHaveProperty('duplicate');
    const ids = (await deliveriesOf(own.id)).map((row) => String(row['workflow_id']).split('~')[1]);
    expect(ids).toEqual([undefined, '2', '3']);
  });

  test('S-017 200 concurrent requests with one key make exactly one ticket', async () => {
    const own = await stack.factory.hook(tenant);
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => post({ title: 'One of 200' }, keyed('storm'), own)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body?.['delivery_id'])).size).toBe(1);
    expect(answers.filter(({ body }) => body?.['duplicate'] !== true)).toHaveLength(1);
    expect(await ticketsTitled('One of 200')).toBe(1);
  });

  test('S-015 a key may be an expression on the body, and without a key each request counts', async () => {
    const own = await stack.factory.hook(tenant, {
      idempotencySource: { type: 'jsonata', value: 'event.id' },
    });
    const event = { title: 'By expression', event: { id: 7 } };
    await post(event, {}, own);
    expect((await post(event, {}, own)).body).toMatchObject({ duplicate: true });
    await post({ title: 'No key' }, {}, own);
    await post({ title: 'No key' }, {}, own);
    expect(await ticketsTitled('No key')).toBe(2);
  });
});
