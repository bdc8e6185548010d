import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiAs, type ApiAnswer, type ApiCaller } from '../support/api.ts';
import { ticketMapping, type TestTenant } from '../support/factory.ts';
import { createHook, hooksPath as path, sendTo, signed } from '../support/hook-api.ts';
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

const create = (): Promise<ApiAnswer> => createHook(api, tenant);

describe('a sample', () => {
  test('S-041 is the first verified body after arming; the window then closes; arming again overwrites', async () => {
    const { body } = await create();
    const { id } = body.data;
    const say = (title: string) => sendTo(body.data, { title }, signed(body.secret, { title }));
    await say('before');
    const armed = await api.post(`${path}/${id}/capture-sample`);
    const leftMs = Date.parse(armed.body.data.sampleCaptureExpiresAt) - Date.now();
    expect(leftMs).toBeGreaterThan(240_000);
    expect(leftMs).toBeLessThanOrEqual(300_000);
    await sendTo(body.data, { title: 'forged' }, signed('not the secret', { title: 'forged' }));
    await say('first');
    await say('second');
    const captured = await api.get(`${path}/${id}`);
    expect(captured.body.data.samplePayload.body).toEqual({ title: 'first' });
    expect(captured.body.data.sampleCaptureExpiresAt).toBeNull();
    await api.post(`${path}/${id}/capture-sample`);
    await say('third');
    const again = await api.get(`${path}/${id}`);
    expect(again.body.data.samplePayload.body).toEqual({ title: 'third' });
  });

  test('S-041 is not taken after the window, and is gone once cleared', async () => {
    const { body } = await create();
    const { id } = body.data;
    const say = (title: string) => sendTo(body.data, { title }, signed(body.secret, { title }));
    await api.post(`${path}/${id}/capture-sample`);
    await stack.database.admin.query(
      `update hooks set sample_capture_expires_at = now() - interval '1 second' where slug = $1`,
      [body.data.slug],
    );
    await say('late');
    expect((await api.get(`${path}/${id}`)).body.data.samplePayload).toBeNull();
    await api.post(`${path}/${id}/capture-sample`);
    await say('in time');
    expect((await api.delete(`${path}/${id}/capture-sample`)).status).toBe(204);
    expect((await api.get(`${path}/${id}`)).body.data).toMatchObject({
      samplePayload: null,
      sampleCaptureExpiresAt: null,
    });
  });

  test('S-041 is read by administrators only', async () => {
    const { body } = await create();
    const alert = { title: 'Customer data' };
    await api.post(`${path}/${body.data.id}/capture-sample`);
    await sendTo(body.data, alert, signed(body.secret, alert));
    const reader = await stack.factory.user(tenant, {
      role: 'agent',
      permissions: ['inbound_webhook.read'],
    });
    const seen = await apiAs(stack.gateway.url, reader.token).get(`${path}/${body.data.id}`);
    expect(seen.status).toBe(200);
    expect(JSON.stringify(seen.body)).not.toContain('Customer data');
    const list = await api.get(`${path}?limit=100`);
    expect(JSON.stringify(list.body)).not.toContain('Customer data');
  });

  test('S-042 yields its paths to choose from', async () => {
    const { body } = await create();
    const alert = { title: 'Paths', nested: { list: [null, { deep: 1 }] } };
    await api.post(`${path}/${body.data.id}/capture-sample`);
    await sendTo(body.data, alert, signed(body.secret, alert));
    const tree = await api.get(`${path}/${body.data.id}/sample-paths`);
    expect(JSON.stringify(tree.body.data)).toContain('nested.list[1].deep');
  });
});

describe('a preview', () => {
  test("shows each field's value or error for given samples, and has no effect", async () => {
    const { body } = await create();
    const mapping = {
      ...ticketMapping(tenant.desk),
      title: '$uppercase(subject)',
      due_date: 'due + 1',
    };
    const answer = await api.post(`${path}/${body.data.id}/preview`, {
      handlerConfig: { action: 'createTicket', mapping },
      samples: [{ subject: 'one' }, { subject: 'two', due: 'not a number' }, {}],
    });
    expect(answer.status).toBe(200);
    const [one, two, none] = answer.body.data;
    expect(one).toMatchObject({ of: 'samples/0', wouldDispatch: true, missing: [] });
    expect(one.fields).toContainEqual({ field: 'title', value: 'ONE' });
    expect(two.wouldDispatch).toBe(false);
    expect(two.fields).toContainEqual({ field: 'title', value: 'TWO' });
    expect(two.fields).toContainEqual({ field: 'due_date', error: expect.any(String) });
    expect(none).toMatchObject({ wouldDispatch: false, missing: ['title'] });
    const { rows } = await stack.database.admin.query(
      `select 1 from tickets where title in ('ONE', 'TWO')`,
    );
    expect(rows).toEqual([]);
  });

  test('is tried on stored deliveries and on the captured sample, for administrators', async () => {
    const { body } = await create();
    const { id } = body.data;
    const alert = { title: 'Stored' };
    await api.post(`${path}/${id}/capture-sample`);
    const sent = await sendTo(body.data, alert, signed(body.secret, alert));
    const { delivery_id: deliveryId } = (await sent.json()) as { delivery_id: string };
    const ofSample = await api.post(`${path}/${id}/preview`, {});
    expect(ofSample.body.data[0]).toMatchObject({ of: 'sample', wouldDispatch: true });
    const ofLast = await api.post(`${path}/${id}/preview`, { last: 5 });
    expect(ofLast.body.data).toMatchObject([{ of: deliveryId, wouldDispatch: true }]);
    const editor = await stack.factory.user(tenant, {
      role: 'agent',
      permissions: ['inbound_webhook.update'],
    });
    const refused = await apiAs(stack.gateway.url, editor.token).post(`${path}/${id}/preview`, {
      last: 1,
    });
    expect(refused).toMatchObject({ status: 403, body: { code: 'permission_missing' } });
  });
});
