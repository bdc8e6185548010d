import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAddressLimit } from '../../apps/gateway/api/address-limit.ts';
import { TidegateError } from '../../shared/errors/tidegate-error.ts';
import { apiAs, compatAs } from '../support/api.ts';
import { endpointsPath, makeEndpointBench } from '../support/endpoint-api.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { send } from '../support/factory.ts';

let rig: OutboundRig;
beforeAll(async () => {
  rig = await startOutboundRig();
});
afterAll(() => rig.stop());

describe('reads of endpoints and deliveries', () => {
  test('S-108 are limited to 60 a minute and user, over all replicas and routes', async () => {
    const { api, user, colleague } = await makeEndpointBench(rig);
    const second = await rig.startGateway();
    const other = apiAs(second.url, user.token);
    const compat = compatAs(rig.gateway.url, user.token);
    const answers = await Promise.all([
      ...Array.from({ length: 25 }, () => api.get(endpointsPath)),
      ...Array.from({ length: 25 }, () => other.get(`${endpointsPath}/deliveries`)),
      ...Array.from({ length: 10 }, () => compat('GET', '/api/webhook')),
      ...Array.from({ length: 5 }, () => api.get(`${endpointsPath}/wh_${'0'.repeat(32)}`)),
    ]);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(5);
    for (const { headers } of refused) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    }
    expect((await api.get(endpointsPath)).body.code).toBe('too_many_requests');
    // Changes, other reads and other users are not counted with them.
    expect((await api.post(endpointsPath, { url: 'http://localhost:9/' })).status).toBe(201);
    expect((await api.get('/audit')).status).toBe(200);
    expect((await (await colleague()).api.get(endpointsPath)).status).toBe(200);
    await second.close();
  });
});

describe('the limit of an address', () => {
  test('S-108 counts every request of the API, whoever makes it, and leaves the receiver alone', async () => {
    const limited = await rig.startGateway({
      env: { TIDEGATE_REQUESTS_PER_MINUTE_PER_ADDRESS: '5' },
    });
    const { user, tenant } = await makeEndpointBench(rig);
    const api = apiAs(limited.url, user.token);
    const nobody = apiAs(limited.url, undefined);
    const answers = [
      await api.get('/me'),
      await nobody.get('/me'),
      await api.get('/audit'),
      await nobody.get(endpointsPath),
      await api.get('/me'),
      await api.get('/me'),
      await nobody.get('/me'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 401, 200, 429, 429]);
    const refused = await compatAs(limited.url, user.token)('GET', '/api/webhook');
    expect([refused.status, refused.body]).toEqual([429, { code: 'too many requests' }]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const hook = await rig.factory.hook(tenant);
    expect((await send(limited.url, hook, { title: 'Let in' })).status).toBe(200);
    expect((await fetch(`${limited.url}/readyz`)).status).toBe(200);
    await limited.close();
  });

  const routeOptions = { url: '/api/v1/me' } as never;

  test('S-108 begins anew after a minute, and takes a network of IPv6 for one client', () => {
    let now = 0;
    const admit = makeAddressLimit({ requestsPerMinute: 1, nowMs: () => now });
    const ask = (ip: string) => () => admit({ ip, routeOptions });
    ask('2001:db8:1:2::1')();
    expect(ask('2001:db8:1:2:ffff::9')).toThrow(TidegateError);
    ask('2001:db8:1:3::1')();
    ask('192.0.2.1')();
    expect(ask('::ffff:192.0.2.1')).toThrow(TidegateError);
    now = 59_999;
    expect(ask('192.0.2.1')).toThrow(TidegateError);
    now = 60_000;
    expect(ask('192.0.2.1')).not.toThrow();
  });

  test('S-108 is off with 0', () => {
    const admit = makeAddressLimit({ requestsPerMinute: 0, nowMs: () => 0 });
    const ask = () => admit({ ip: '192.0.2.1', routeOptions });
    for (let n = 0; n < 1_000; n += 1) expect(ask).not.toThrow();
  });
});
