import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compatAs } from '../support/api.ts';
import { makeEndpointBench } from '../support/endpoint-api.ts';
import { eventually } from '../support/eventually.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver } from '../support/receiver.ts';

let rig: OutboundRig;
beforeAll(async () => {
  rig = await startOutboundRig();
});
afterAll(() => rig.stop());

const url = 'http://localhost:9/hook';
const path = '/api/webhooks';

async function bench() {
  const made = await makeEndpointBench(rig);
  return { ...made, call: compatAs(rig.gateway.url, made.user.token) };
}

/** A signature as the receivers of user webhooks compute it. */
const digest = (secret: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

describe('user webhooks', () => {
  test('S-065 S-087 are made for known events with a secret that is shown once, and listed newest first', async () => {
    const { call } = await bench();
    const made = await call('POST', path, { url, events: ['card.viewed'] });
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: expect.stringMatching(/^wh_/),
        url,
        events: ['card.viewed'],
        isActive: true,
        secret: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    const second = await call('POST', path, { url, events: ['card.viewed', 'contact.saved'] });
    const { secret: _first, ...one } = made.body;
    const { secret: _second, ...two } = second.body;
    expect((await call('GET', path)).body).toEqual([two, one]);
    expect((await call('GET', `${path}?limit=1`)).body).toEqual([two]);
  });

  test.for([
    ['no event', { url, events: [] }],
    ['an event that they do not have', { url, events: ['ticket.created'] }],
    ['no URL', { events: ['card.viewed'] }],
    ['a URL that is not safe', { url: 'http://example.com/', events: ['card.viewed'] }],
  ] as const)('S-080 S-087 are refused with %s: {error, details}', async ([, body]) => {
    const { call } = await bench();
    const answer = await call('POST', path, body);
    expect(answer).toMatchObject({
      status: 400,
      body: {
        error: expect.any(String),
        details: [{ pointer: expect.any(String), message: expect.any(String) }],
      },
    });
  });

  test('S-088 are at most five for each user where endpoints belong to users, and each sees their own', async () => {
    const { call, tenant, colleague, api } = await bench();
    await rig.database.admin.query(`update tenants set endpoint_ownership = 'user' where id = $1`, [
      tenant.id,
    ]);
    const body = { url, events: ['card.viewed'] };
    const made = await Promise.all(Array.from({ length: 7 }, () => call('POST', path, body)));
    expect(made.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(made.filter(({ status }) => status === 409)).toHaveLength(2);
    const other = await colleague();
    const others = compatAs(rig.gateway.url, other.user.token);
    expect((await others('GET', path)).body).toEqual([]);
    const { id } = made.find(({ status }) => status === 201)?.body ?? {};
    expect((await others('DELETE', `${path}/${id}`)).status).toBe(404);
    expect((await other.api.get(`/webhooks/${id}`)).status).toBe(404);
    expect((await others('POST', path, body)).status).toBe(201);
    expect((await api.get('/webhooks?limit=100')).body.data).toHaveLength(5);
  });

  test('S-091 are deleted with 204, and are then not found', async () => {
    const { call } = await bench();
    const { body } = await call('POST', path, { url, events: ['card.viewed'] });
    expect((await call('DELETE', `${path}/${body.id}`)).status).toBe(204);
    const gone = await call('DELETE', `${path}/${body.id}`);
    expect([gone.status, Object.keys(gone.body)]).toEqual([404, ['error']]);
  });

  test('S-046 show their deliveries by page, with what the receiver answered', async () => {
    const receiver = await startReceiver();
    const { call, tenant } = await bench();
    const { body } = await call('POST', path, { url: receiver.url, events: ['card.viewed'] });
    const data = {
      cardId: null,
      viewerId: null,
      source: 'link',
      timestamp: new Date().toISOString(),
    };
    for (let n = 0; n < 3; n += 1) {
      await rig.publish(tenant, { type: 'card.viewed', objectType: 'card', data });
    }
    await eventually(async () => {
      const { body: log } = await call('GET', `${path}/${body.id}/deliveries?limit=2`);
      expect(log.pagination).toEqual({ page: 1, limit: 2, total: 3, totalPages: 2 });
      expect(log.data).toHaveLength(2);
      expect(log.data[0]).toMatchObject({
        endpointId: body.id,
        eventType: 'card.viewed',
        payload: { event: 'card.viewed', source: 'link' },
        status: 'success',
        responseCode: 204,
        attempts: 1,
        errorMessage: null,
      });
    });
    expect(receiver.requests[0]?.headers['x-devcard-signature']).toBe(
      digest(body.secret, receiver.requests[0]?.body ?? ''),
    );
    expect(
      (await call('GET', `${path}/${body.id}/deliveries?page=2&limit=2`)).body.data,
    ).toHaveLength(1);
    await receiver.close();
  });

  test('S-071 get a new secret, and the old one stops at once', async () => {
    const receiver = await startReceiver();
    const { call, tenant, api } = await bench();
    const { body } = await call('POST', path, { url: receiver.url, events: ['card.viewed'] });
    const before = (await api.get(`/webhooks/${body.id}`)).body.data;
    const rotated = await call('PATCH', `${path}/${body.id}/rotate-secret`);
    expect(rotated).toMatchObject({
      status: 200,
      body: {
        id: body.id,
        secret: expect.stringMatching(/^[0-9a-f]{64}$/),
        message: expect.any(String),
      },
    });
    expect(rotated.body.secret).not.toBe(body.secret);
    const after = (await api.get(`/webhooks/${body.id}`)).body.data;
    expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(before.updatedAt));
    expect(after.previousSecretExpiresAt).toBeNull();
    const data = { cardId: null, viewerId: null, source: 'qr', timestamp: after.updatedAt };
    await rig.publish(tenant, { type: 'card.viewed', objectType: 'card', data });
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    const [request] = receiver.requests;
    expect(request?.headers['x-devcard-signature']).toBe(
      digest(rotated.body.secret, request?.body ?? ''),
    );
    await receiver.close();
  });
});
