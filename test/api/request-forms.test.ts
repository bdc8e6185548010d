import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiAs, compatAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

// What `npm run fuzz` has found, each by its own name.

let stack: TestStack;
let user: ApiCaller;
let key: ApiCaller;
let call: ReturnType<typeof compatAs>;
beforeAll(async () => {
  stack = await startTestStack({
    env: { TIDEGATE_KEY_REQUESTS_PER_MINUTE: '0', TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true' },
  });
  const tenant = await stack.factory.tenant();
  const { token } = await stack.factory.user(tenant, { role: 'owner' });
  user = apiAs(stack.gateway.url, token);
  key = apiAs(stack.gateway.url, (await automationKey(stack, tenant)).secret);
  call = compatAs(stack.gateway.url, token);
});
afterAll(() => stack.stop());

describe('text that cannot be stored', () => {
  test.for(['/visitors?email=a%00b', '/visitors?externalUserId=%00', '/conversations?email=%00'])(
    'S-135 in %s is answered 400',
    async (path) => {
      expect(await key.get(path)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed', message: expect.stringContaining('NUL') },
      });
    },
  );

  test.for([
    { aiWorkflowStates: ['\0'] },
    { channels: ['a\0'] },
    { filters: { owners: ['\0'] } },
    { description: 'a\0b' },
  ])('S-135 S-086 in an endpoint, %j, is answered 400', async (part) => {
    const answer = await user.post('/webhooks', { url: 'http://localhost:9/hook', ...part });
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(answer.body.details[0].pointer).toContain(Object.keys(part)[0]);
  });
});

describe('moments', () => {
  test.for(['0094-11-01T05:44:43+23:11', '0109-10-18T18:55:11-19:34', '9999-12-31T23:59:59-00:01'])(
    'S-114 %s is read or refused, and no fault of ours',
    async (moment) => {
      const { status } = await key.get(`/tickets?updatedSince=${encodeURIComponent(moment)}`);
      expect(status).toBe(moment.startsWith('9999') ? 400 : 200);
    },
  );

  test('S-114 an offset of almost a day counts', async () => {
    await key.post('/visitors/create', { name: 'x' });
    const now = new Date(Date.now() + 86_340_000).toISOString().slice(0, 19);
    const listed = async (since: string): Promise<number> =>
      (await key.get(`/visitors?updatedSince=${encodeURIComponent(since)}`)).body.data.length;
    expect(await listed(`${now}-23:59`)).toBe(0);
    expect(await listed(`${now}+23:59`)).toBeGreaterThan(0);
  });

  test.for(['/tickets?updatedSince=', '/events?since=', '/audit?until='])(
    'S-135 in the year 0, %s, is answered 400',
    async (path) => {
      const { status, body } = await user.get(`${path}0000-01-01T00:00:00Z`);
      expect([status, body.code]).toEqual([400, 'validation_failed']);
    },
  );

  test.for([
    '2026-02-30T00:00:00.000000Z',
    '0000-01-01T00:00:00.000000Z',
    '2026-01-01T99:00:00.000000Z',
  ])('S-114 a cursor of %s is none that a list gave out', async (at) => {
    const cursor = btoa(`${at} 00000000-0000-4000-8000-000000000000`).replaceAll('=', '');
    const { status, body } = await key.get(`/tickets?cursor=${cursor}`);
    expect([status, body.code]).toEqual([400, 'cursor_invalid']);
  });
});

describe('requests that no route takes', () => {
  test.for([
    ['PUT', '/api/v1/visitors', 'GET, HEAD'],
    ['PATCH', '/api/v1/visitors/create', 'POST'],
    ['TRACE', '/api/v1/webhooks/wh_1', 'DELETE, GET, HEAD, PATCH'],
    ['OPTIONS', '/api/v1/webhooks/replay', 'POST'],
    // A method with a body, that comes without one.
    ['QUERY', '/api/v1/visitors/get', 'GET, HEAD'],
  ] as const)(
    'S-135 %s %s is answered 405 with the methods there are',
    async ([method, path, allow]) => {
      const answer = await raw(method, path);
      expect([answer.status, answer.allow]).toEqual([405, allow]);
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'method_not_allowed', status: 405 });
    },
  );

  test('S-135 a path that nothing has is answered 404, whatever comes with it', async () => {
    for (const method of ['GET', 'POST', 'QUERY']) {
      const answer = await raw(method, '/api/v1/no-such-thing');
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([404, 'not_found']);
      expect(await raw(method, '/no-such-thing')).toMatchObject({ status: 404, text: '' });
    }
  });

  test('S-135 an id that is too long for any is 404, and a path that cannot be decoded 400, in the form of the API', async () => {
    const long = 'x'.repeat(500);
    expect(await user.get(`/webhooks/${long}`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    expect(await user.get('/webhooks/%c3%28')).toMatchObject({
      status: 400,
      body: { code: 'validation_failed' },
    });
    expect(await call('GET', `/api/webhook/${long}`)).toMatchObject({
      status: 404,
      body: { code: 'not found' },
    });
    expect(await call('GET', `/api/webhooks/${long}/deliveries`)).toMatchObject({
      status: 404,
      body: { error: expect.any(String) },
    });
  });
});

/** Any method, which `fetch` does not send. */
function raw(
  method: string,
  path: string,
): Promise<{ readonly status: number; readonly allow: string | undefined; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${stack.gateway.url}${path}`, { method }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, allow: response.headers.allow, text }),
      );
    });
    sent.once('error', reject);
    sent.end();
  });
}
