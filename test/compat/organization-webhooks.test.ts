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

async function bench() {
  const made = await makeEndpointBench(rig);
  return { ...made, call: compatAs(rig.gateway.url, made.user.token) };
}

describe('organization webhooks', () => {
  test('S-065 S-089 are made under a name, with a secret of 64 hexadecimal digits that is shown once', async () => {
    const { call } = await bench();
    expect((await call('GET', '/api/webhook')).body).toEqual({});
    const made = await call('POST', '/api/webhook/prod', {
      name: 'the-path-wins',
      url,
      transaction: { created: `${url}/created` },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'prod', url, transaction: { created: `${url}/created` } },
    });
    expect(made.body.secret).toMatch(/^[0-9a-f]{64}$/);
    const second = await call('POST', '/api/webhook', { name: 'second', url });
    expect(second).toMatchObject({ status: 201, body: { name: 'second', url } });
    expect((await call('GET', '/api/webhook')).body).toEqual({
      prod: { url, transaction: { created: `${url}/created` } },
      second: { url },
    });
    expect((await call('GET', '/api/webhook/second')).body).toEqual({ url });
  });

  test('S-063 S-090 are changed in part: null clears the URL of an event, and an emptied group disappears', async () => {
    const { call } = await bench();
    const transaction = { created: `${url}/c`, updated: `${url}/u` };
    await call('POST', '/api/webhook/prod', { url, transaction, card: { updated: `${url}/card` } });
    const changed = await call('PATCH', '/api/webhook/prod', {
      transaction: { created: null },
      card: { updated: null },
    });
    expect(changed).toMatchObject({ status: 200 });
    expect(changed.body).toEqual({ name: 'prod', url, transaction: { updated: `${url}/u` } });
    const moved = await call('PATCH', '/api/webhook/prod', { url: `${url}/moved` });
    expect(moved.body).toEqual({
      name: 'prod',
      url: `${url}/moved`,
      transaction: { updated: `${url}/u` },
    });
  });

  test('S-091 are deleted with the answer ok, and are then not found', async () => {
    const { call } = await bench();
    await call('POST', '/api/webhook/prod', { url });
    expect(await call('DELETE', '/api/webhook/prod')).toMatchObject({
      status: 200,
      body: { code: 'ok' },
    });
    const gone = { status: 404, body: { code: 'not found' } };
    expect(await call('DELETE', '/api/webhook/prod')).toMatchObject(gone);
    expect(await call('GET', '/api/webhook/prod')).toMatchObject(gone);
    expect(await call('PATCH', '/api/webhook/prod', {})).toMatchObject(gone);
    expect((await call('GET', '/api/webhook')).body).toEqual({});
  });

  test('S-065 say what is wrong by their codes', async () => {
    const { call, colleague } = await bench();
    await call('POST', '/api/webhook/prod', { url });
    const answers = [
      await call('POST', '/api/webhook/prod', { url }),
      await call('POST', '/api/webhook/Prod', { url }),
      await call('POST', '/api/webhook', { url }),
      await call('GET', '/api/webhook/Prod'),
      await call('POST', '/api/webhook/other', { url: 'http://example.com/' }),
      await call('PATCH', '/api/webhook/prod', { card: { updated: 'https://10.0.0.1/' } }),
    ];
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [409, { code: 'name conflict' }],
      [400, { code: 'invalid name' }],
      [400, { code: 'invalid name' }],
      [400, { code: 'invalid name' }],
      [400, { code: 'invalid url' }],
      [400, { code: 'invalid url' }],
    ]);
    const malformed = await call('POST', '/api/webhook/other', { url: 7 });
    expect(malformed).toMatchObject({
      status: 400,
      body: { code: 'bad request', legacy: 'bad request', message: [expect.any(String)] },
    });
    const agent = await colleague({ role: 'agent' });
    const forbidden = await compatAs(rig.gateway.url, agent.user.token)('GET', '/api/webhook');
    expect([forbidden.status, forbidden.body]).toEqual([403, { code: 'no permission' }]);
    const unknown = await compatAs(rig.gateway.url, undefined)('GET', '/api/webhook');
    expect([unknown.status, unknown.body]).toEqual([401, { code: 'unauthorized' }]);
  });

  test('S-065 deliver in the form that their receivers verify: the hexadecimal digest of the body', async () => {
    const receiver = await startReceiver();
    const { call, tenant } = await bench();
    const { body } = await call('POST', '/api/webhook/prod', {
      url: receiver.url,
      card: { updated: `${receiver.url}/card` },
    });
    await rig.publish(tenant, {
      type: 'card.updated',
      objectType: 'card',
      data: { last4: '1234' },
    });
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    const [request] = receiver.requests;
    expect(request?.path).toBe('/card');
    expect(request?.headers['signature']).toBe(
      createHmac('sha256', body.secret)
        .update(request?.body ?? '')
        .digest('hex'),
    );
    await receiver.close();
  });

  test('leave endpoints of other profiles alone', async () => {
    const { call, create } = await bench();
    await create({ name: 'modern' });
    expect((await call('GET', '/api/webhook')).body).toEqual({});
    expect((await call('DELETE', '/api/webhook/modern')).status).toBe(404);
    expect((await call('POST', '/api/webhook/modern', { url })).status).toBe(409);
  });
});
