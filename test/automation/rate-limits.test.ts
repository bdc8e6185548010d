import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { apiAs, type ApiAnswer } from '../support/api.ts';
import { automationKey, type TestKey } from '../support/automation.ts';
import type { TestTenant } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import type { Gateway } from '../../apps/gateway/gateway.ts';

let stack: TestStack;
let replica: Gateway;
beforeAll(async () => {
  stack = await startTestStack();
  replica = await stack.startGateway();
});
afterAll(() => stack.stop());

let tenant: TestTenant;
beforeEach(async () => {
  tenant = await stack.factory.tenant();
});

const newKey = (): Promise<TestKey> => automationKey(stack, tenant, ['events.read']);

/** Asks `times` times at once, by turns at two gateways. */
function ask({ secret }: TestKey, times: number): Promise<ApiAnswer[]> {
  const callers = [stack.gateway, replica].map(({ url }) => apiAs(url, secret));
  return Promise.all(
    Array.from({ length: times }, (_, n) =>
      (callers[n % 2] as (typeof callers)[0]).get('/events?limit=1'),
    ),
  );
}

const askOnce = async (key: TestKey): Promise<ApiAnswer> => (await ask(key, 1))[0] as ApiAnswer;

const countOf = (answers: readonly ApiAnswer[], wanted: number): number =>
  answers.filter(({ status }) => status === wanted).length;

/** What the database has counted for a key, or for the tenant. */
async function counted(subject: Pick<TestKey, 'id'> | TestTenant): Promise<number> {
  const { rows } = await stack.database.admin.query<{ requests: number }>(
    'select requests from automation_rate_windows where tenant_id = $1 and subject_id = $2',
    [tenant.id, subject.id],
  );
  expect(rows.length).toBeLessThanOrEqual(1);
  return rows[0]?.requests ?? 0;
}

/** Lets the windows of the tenant be so much older. */
async function age(seconds: number): Promise<void> {
  await stack.database.admin.query(
    `update automation_rate_windows
     set started_at = started_at - make_interval(secs => $2) where tenant_id = $1`,
    [tenant.id, seconds],
  );
}

/** The members of a structured list of strings with whole parameters (RFC 9651). */
function readList(header: string | null): Record<string, Record<string, number>> {
  const members = (header ?? '').split(', ').map((member) => {
    const found = /^"([a-z]+)"((?:;[a-z]+=\d+)*)$/.exec(member);
    if (found === null) throw new Error(`no member of a list: ${member}`);
    const parameters = (found[2] ?? '').split(';').slice(1);
    const pairs = parameters.map((each) => each.split('=')).map(([name, n]) => [name, Number(n)]);
    return [found[1], Object.fromEntries(pairs)] as const;
  });
  return Object.fromEntries(members);
}

describe('the limits of automation credentials', () => {
  test('S-106 of 200 first requests at once over four keys and two gateways exactly 120 pass', async () => {
    const keys = await Promise.all([newKey(), newKey(), newKey(), newKey()]);
    const answers = (await Promise.all(keys.map((key) => ask(key, 50)))).flat();
    expect([countOf(answers, 200), countOf(answers, 429)]).toEqual([120, 80]);
    expect(await counted(tenant)).toBe(120);
    const perKey = await Promise.all(keys.map(counted));
    expect(perKey.reduce((sum, n) => sum + n, 0)).toBe(120);
  });

  test('S-106 a window that has ended is begun anew once, by however many at a time', async () => {
    const keys = await Promise.all([newKey(), newKey(), newKey(), newKey()]);
    for (const key of keys) await askOnce(key);
    await age(60);
    const answers = (await Promise.all(keys.map((key) => ask(key, 50)))).flat();
    expect([countOf(answers, 200), countOf(answers, 429)]).toEqual([120, 80]);
    // Nothing but the end of the window makes room.
    expect(countOf((await Promise.all(keys.map((key) => ask(key, 5)))).flat(), 200)).toBe(0);
    await age(60);
    expect((await askOnce(keys[0])).status).toBe(200);
  });

  test('S-106 what a key is refused uses up nothing of the tenant, and the others go on', async () => {
    const [greedy, modest] = [await newKey(), await newKey()];
    const answers = await ask(greedy, 100);
    expect([countOf(answers, 200), countOf(answers, 429)]).toEqual([60, 40]);
    expect(await counted(tenant)).toBe(60);
    expect(countOf(await ask(modest, 60), 200)).toBe(60);
    expect(await counted(tenant)).toBe(120);
  });

  test('S-106 what a tenant is refused uses up nothing of the key', async () => {
    const [one, other, third] = [await newKey(), await newKey(), await newKey()];
    expect(countOf([...(await ask(one, 60)), ...(await ask(other, 55))], 200)).toBe(115);
    expect(countOf(await ask(third, 20), 200)).toBe(5);
    expect(await counted(third)).toBe(5);
    expect(await counted(tenant)).toBe(120);
  });

  test('S-106 another tenant and users are not slowed down', async () => {
    const key = await newKey();
    await ask(key, 61);
    expect((await askOnce(key)).status).toBe(429);
    const other = await automationKey(stack, await stack.factory.tenant(), ['events.read']);
    expect((await askOnce(other)).status).toBe(200);
    const user = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
    const answer = await user.get('/events');
    expect([answer.status, answer.headers.get('ratelimit')]).toEqual([200, null]);
  });

  test('S-106 S-108 the reads that a user has in a minute are not those of a key', async () => {
    const user = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
    const reads = await Promise.all(Array.from({ length: 61 }, () => user.get('/webhooks')));
    expect([countOf(reads, 200), countOf(reads, 429)]).toEqual([60, 1]);
    const { secret } = await automationKey(stack, tenant, ['webhooks.manage']);
    expect((await apiAs(stack.gateway.url, secret).get('/webhooks')).status).toBe(200);
  });
});

describe('limits that the operator sets', () => {
  /** How `times` requests of a key are answered one after the other, by a gateway with such settings. */
  async function statuses(quotas: { key: number; tenant: number }, times: number) {
    const gateway = await stack.startGateway({
      env: {
        TIDEGATE_KEY_REQUESTS_PER_MINUTE: String(quotas.key),
        TIDEGATE_TENANT_REQUESTS_PER_MINUTE: String(quotas.tenant),
      },
    });
    const key = await newKey();
    const answers: ApiAnswer[] = [];
    for (let n = 0; n < times; n += 1) {
      answers.push(await apiAs(gateway.url, key.secret).get('/events?limit=1'));
    }
    await gateway.close();
    return { key, answers, statuses: answers.map(({ status }) => status) };
  }

  test('S-106 count instead of 60 and 120, and stand in the answers', async () => {
    const found = await statuses({ key: 2, tenant: 1_000 }, 3);
    expect(found.statuses).toEqual([200, 200, 429]);
    expect(readList(found.answers[0]?.headers.get('ratelimit-policy') ?? null)).toEqual({
      key: { q: 2, w: 60 },
      tenant: { q: 1_000, w: 60 },
    });
    expect(found.answers[2]?.body.message).toContain('at most 2 times');
  });

  test('S-106 one that is 0 is none, and is not named', async () => {
    const found = await statuses({ key: 0, tenant: 3 }, 4);
    expect(found.statuses).toEqual([200, 200, 200, 429]);
    const refused = found.answers[3] as ApiAnswer;
    expect(readList(refused.headers.get('ratelimit'))).toEqual({
      tenant: { r: 0, t: expect.any(Number) },
    });
    expect(refused.body.message).toContain('at most 3 times');
  });

  test('S-106 with both 0 nothing is counted, and the use of a key is noted all the same', async () => {
    const found = await statuses({ key: 0, tenant: 0 }, 2);
    expect(found.statuses).toEqual([200, 200]);
    expect(found.answers[0]?.headers.get('ratelimit-policy')).toBeNull();
    expect(await counted(found.key)).toBe(0);
    const { rows } = await stack.database.admin.query<{ used: boolean }>(
      'select last_used_at is not null as used from automation_credentials where id = $1',
      [found.key.id],
    );
    expect(rows).toEqual([{ used: true }]);
  });
});

describe('what an answer says about the limits', () => {
  const policy = { key: { q: 60, w: 60 }, tenant: { q: 120, w: 60 } };

  test('S-106 one that passes says what is left of both, and for how long', async () => {
    const [key, other] = [await newKey(), await newKey()];
    await askOnce(other);
    const { status, headers } = await askOnce(key);
    expect([status, headers.get('retry-after')]).toEqual([200, null]);
    expect(readList(headers.get('ratelimit-policy'))).toEqual(policy);
    expect(readList(headers.get('ratelimit'))).toEqual({
      key: { r: 59, t: expect.toSatisfy((t: number) => t > 50 && t <= 60) },
      tenant: { r: 118, t: expect.toSatisfy((t: number) => t > 50 && t <= 60) },
    });
  });

  test('S-106 one that is refused also says when to come back, and that is true', async () => {
    const key = await newKey();
    await ask(key, 60);
    await age(40);
    const { status, headers, body } = await askOnce(key);
    expect([status, body.code]).toEqual([429, 'too_many_requests']);
    expect(body.message).toContain('60');
    const { key: left, tenant: all } = readList(headers.get('ratelimit'));
    expect(left?.['r']).toBe(0);
    expect(all?.['r']).toBe(60);
    expect(readList(headers.get('ratelimit-policy'))).toEqual(policy);
    const waitSeconds = Number(headers.get('retry-after'));
    expect(waitSeconds).toBe(left?.['t']);
    expect(waitSeconds).toBeGreaterThan(0);
    expect(waitSeconds).toBeLessThanOrEqual(20);
    await age(waitSeconds);
    expect((await askOnce(key)).status).toBe(200);
  });

  test('S-106 one that the tenant is refused names its limit, and an error tells as much', async () => {
    const [one, other, third] = [await newKey(), await newKey(), await newKey()];
    await Promise.all([ask(one, 60), ask(other, 60)]);
    const refused = await askOnce(third);
    expect(refused.status).toBe(429);
    expect(refused.body.message).toContain('120');
    expect(readList(refused.headers.get('ratelimit'))).toMatchObject({
      key: { r: 60 },
      tenant: { r: 0 },
    });
    await age(60);
    const missing = await apiAs(stack.gateway.url, third.secret).get(
      `/events/evt_${'0'.repeat(32)}`,
    );
    expect(missing.status).toBe(404);
    expect(readList(missing.headers.get('ratelimit'))).toMatchObject({ key: { r: 59 } });
  });
});
