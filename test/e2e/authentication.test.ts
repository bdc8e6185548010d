import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPreset } from '../../shared/presets/index.ts';
import { signRequest } from '../../shared/verification/sign.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import type { TestTenant } from '../support/factory.ts';
import { hookBody } from '../support/hook-body.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let api: ApiCaller;
const path = '/inbound-webhooks';

beforeAll(async () => {
  stack = await startTestStack({ env: { TIDEGATE_TRUSTED_PROXIES: '127.0.0.2' } });
  tenant = await stack.factory.tenant();
  api = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
});
afterAll(() => stack.stop());

interface MadeHook {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
}

/** A hook made over the API, with a slug of its own. */
async function create(overrides: Readonly<Record<string, unknown>>): Promise<MadeHook> {
  const answer = await api.post(path, hookBody(tenant, { slug: randomUUID(), ...overrides }));
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  const { data, secret } = answer.body;
  return { id: data.id, url: data.url, secret };
}

const alert = { title: 'Let in' };

async function post(
  url: string,
  headers: Record<string, string> = {},
  body: unknown = alert,
): Promise<number> {
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  await response.arrayBuffer();
  return response.status;
}

async function log(hook: MadeHook): Promise<Record<string, unknown>[]> {
  return (await api.get(`${path}/${hook.id}/deliveries`)).body.data;
}

describe('a hook that is proven by', () => {
  test('S-008 hmac_sha256 takes the signature with and without its prefix, in its own header alone', async () => {
    const hook = await create({ authConfig: { signatureHeader: 'X-Monitor-Signature' } });
    const hex = createHmac('sha256', hook.secret).update(JSON.stringify(alert)).digest('hex');
    expect(await post(hook.url, { 'x-monitor-signature': hex })).toBe(200);
    expect(await post(hook.url, { 'X-Monitor-Signature': `sha256=${hex}` })).toBe(200);
    expect(await post(hook.url, { 'x-signature': hex })).toBe(401);
    expect(await log(hook)).toMatchObject([{ authStatus: 'rejected_signature' }, {}, {}]);
  });

  test('S-009 S-012 bearer takes the scheme in any case and refuses others', async () => {
    const hook = await create({ authType: 'bearer', authConfig: {} });
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(await post(hook.url, { authorization: `${scheme} ${hook.secret}` })).toBe(200);
    }
    for (const authorization of [
      `Basic ${hook.secret}`,
      hook.secret,
      `Bearer ${hook.secret}x`,
      '',
    ]) {
      expect(await post(hook.url, { authorization })).toBe(401);
    }
    const [refused] = await log(hook);
    expect(refused).toMatchObject({ authStatus: 'rejected_bearer', dispatchStatus: 'failed' });
  });

  test('S-009 S-014 path_token reads the query, token by default, and the stored path never shows it', async () => {
    const hook = await create({ authType: 'path_token', authConfig: {} });
    expect(await post(`${hook.url}?token=${hook.secret}&source=eu`)).toBe(200);
    expect(await post(`${hook.url}?key=${hook.secret}`)).toBe(401);
    const named = await create({ authType: 'path_token', authConfig: { queryParam: 'key' } });
    expect(await post(`${named.url}?key=${named.secret}`)).toBe(200);
    const { rows } = await stack.database.admin.query<Record<string, unknown>>(
      'select request_path, request_query, request_headers from inbound_deliveries',
    );
    expect(JSON.stringify(rows)).not.toContain(hook.secret);
    expect(JSON.stringify(rows)).not.toContain(named.secret);
    expect(JSON.stringify(rows)).toContain('"source":"eu"');
  });

  test('S-010 S-012 ip_allowlist takes listed addresses and ranges, and refuses the rest', async () => {
    const listed = await create({
      authType: 'ip_allowlist',
      authConfig: { ipCidrs: ['192.0.2.7', '127.0.0.0/8', '2001:db8::/32'] },
    });
    expect(await post(listed.url)).toBe(200);
    const other = await create({
      authType: 'ip_allowlist',
      authConfig: { ipCidrs: ['192.0.2.7'] },
    });
    expect(await post(other.url)).toBe(401);
    expect(await log(other)).toMatchObject([{ authStatus: 'rejected_ip' }]);
  });

  test('S-010 an empty or malformed address list is refused when it is saved', async () => {
    for (const ipCidrs of [[], ['not an address'], ['10.0.0.0/33'], ['2001:db8::/129']]) {
      const body = hookBody(tenant, { authType: 'ip_allowlist', authConfig: { ipCidrs } });
      expect(await api.post(path, body)).toMatchObject({ status: 400 });
    }
  });

  test('S-006 S-010 cannot be fooled by a forwarded address from a peer that is no trusted proxy', async () => {
    const hook = await create({ authType: 'ip_allowlist', authConfig: { ipCidrs: ['192.0.2.7'] } });
    const forged = {
      'x-forwarded-for': '192.0.2.7',
      'x-real-ip': '192.0.2.7',
      forwarded: 'for=192.0.2.7',
    };
    expect(await post(hook.url, forged)).toBe(401);
    expect(await log(hook)).toMatchObject([{ sourceIp: '127.0.0.1' }]);
  });

  test('an HMAC and an address together needs both', async () => {
    const hook = await create({
      authType: 'verifier',
      authConfig: { preset: 'github', ipCidrs: ['192.0.2.7'] },
      secret: 'a secret for both checks',
    });
    const hex = createHmac('sha256', hook.secret).update(JSON.stringify(alert)).digest('hex');
    expect(await post(hook.url, { 'x-hub-signature-256': `sha256=${hex}` })).toBe(401);
  });
});

describe('a hook made from a preset', () => {
  test.for([
    'github',
    'stripe',
    'standard-webhooks',
    'shopify',
    'slack',
    'twilio',
    'hubspot-v3',
    'mailgun',
  ])('takes what %s sends, and refuses it with one byte changed', async (id) => {
    const preset = findPreset(id);
    if (preset === undefined) throw new Error(`there is no preset ${id}`);
    const secret =
      id === 'standard-webhooks'
        ? `whsec_${Buffer.alloc(32, 7).toString('base64')}`
        : 'a secret of the sender, shown once';
    const hook = await create({ authType: 'verifier', authConfig: { preset: id }, secret });
    const url = new URL(hook.url);
    const body = Buffer.from(JSON.stringify(alert));
    const signed = signRequest({
      verifier: preset.verifier,
      request: {
        method: 'POST',
        url: hook.url,
        path: url.pathname,
        query: new Map(),
        headers: new Map([['content-type', ['application/json']]]),
        body,
        clientIp: null,
      },
      keyMaterial: { default: secret },
      nowMs: Date.now(),
    });
    const send = (bytes: Buffer) =>
      fetch(signed.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signed.headers },
        body: bytes,
      });
    expect((await send(signed.body)).status).toBe(200);
    const changed = Buffer.from(signed.body);
    changed[changed.indexOf('Let in')] = 'M'.charCodeAt(0);
    // Mailgun signs a token of its own rather than the body: there only the token is covered.
    expect((await send(changed)).status).toBe(id === 'mailgun' ? 200 : 401);
  });

  test('takes a form from a sender that sends forms, as an object of its fields', async () => {
    const hook = await create({
      authType: 'verifier',
      authConfig: { preset: 'slack' },
      secret: 'the signing secret of slack',
    });
    const body = 'title=By+form&command=%2Fticket';
    const seconds = Math.floor(Date.now() / 1_000);
    const mac = createHmac('sha256', hook.secret).update(`v0:${seconds}:${body}`).digest('hex');
    const answer = await fetch(hook.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': String(seconds),
        'x-slack-signature': `v0=${mac}`,
      },
      body,
    });
    expect(answer.status).toBe(200);
    const { rows } = await stack.database.admin.query(
      `select 1 from tickets where title = 'By form'`,
    );
    expect(rows).toHaveLength(1);
  });

  test('lets nothing in while a key that the sender makes is not given yet, and warns of it', async () => {
    const { body } = await api.post(
      path,
      hookBody(tenant, {
        slug: randomUUID(),
        authType: 'verifier',
        authConfig: { preset: 'stripe' },
      }),
    );
    expect(body.secret).toBeNull();
    expect(body.data.warnings).toContainEqual(expect.stringContaining('has no key yet'));
    expect(await post(body.data.url)).toBe(401);
    await api.post(`${path}/${body.data.id}/rotate-secret`, {
      secret: 'whsec_given_by_the_sender',
    });
    const read = await api.get(`${path}/${body.data.id}`);
    expect(read.body.data.warnings).toEqual([]);
  });

  test('S-014 keeps a static token in a header out of the database', async () => {
    const hook = await create({
      authType: 'verifier',
      authConfig: { preset: 'gitlab' },
      secret: 'gitlab token to look for',
    });
    expect(await post(hook.url, { 'x-gitlab-token': 'gitlab token to look for' })).toBe(200);
    const { rows } = await stack.database.admin.query(
      'select request_headers from inbound_deliveries',
    );
    expect(JSON.stringify(rows)).not.toContain('gitlab token to look for');
  });
});

describe('a handshake', () => {
  test("S-001 answers the sender's question by GET and dispatches nothing", async () => {
    const hook = await create({
      authType: 'verifier',
      authConfig: { preset: 'meta' },
      secrets: { default: 'the app secret of meta', verify_token: 'my-verify-token-0123' },
    });
    const ask = (token: string) =>
      fetch(`${hook.url}?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=12345`);
    const answer = await ask(encodeURIComponent('my-verify-token-0123'));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('12345');
    expect((await ask('guessed')).status).toBe(404);
    expect(await log(hook)).toEqual([]);
  });

  test('that is signed is answered only when it is', async () => {
    const hook = await create({
      authType: 'verifier',
      authConfig: { preset: 'slack' },
      secret: 'the signing secret of slack',
    });
    const body = JSON.stringify({ type: 'url_verification', challenge: 'abc123' });
    const seconds = Math.floor(Date.now() / 1_000);
    const mac = createHmac('sha256', hook.secret).update(`v0:${seconds}:${body}`).digest('hex');
    const send = (signature: string) =>
      fetch(hook.url, {
        method: 'POST',
        headers: { 'x-slack-request-timestamp': String(seconds), 'x-slack-signature': signature },
        body,
      });
    const answer = await send(`v0=${mac}`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('abc123');
    expect((await send(`v0=${'0'.repeat(64)}`)).status).toBe(401);
  });

  test('that brings the key sets it once: a second one is refused', async () => {
    const hook = await create({ authType: 'verifier', authConfig: { preset: 'asana' } });
    const bring = (key: string) =>
      fetch(hook.url, { method: 'POST', headers: { 'x-hook-secret': key } });
    const [first, second] = await Promise.all([
      bring('a key that asana chose, one'.replaceAll(' ', '-')),
      bring('a key that asana chose, two'.replaceAll(' ', '-')),
    ]);
    expect([first.status, second.status].map(String).toSorted()).toEqual(['200', '401']);
    const winner = first.status === 200 ? first : second;
    const key = String(winner.headers.get('x-hook-secret'));
    const mac = createHmac('sha256', key).update(JSON.stringify(alert)).digest('hex');
    expect(await post(hook.url, { 'x-hook-signature': mac })).toBe(200);
  });
});

describe('the rate of a hook', () => {
  test('S-107 admits its bucket, answers the next 429 with Retry-After and a failed row, and touches no other hook', async () => {
    const limited = await create({ authType: 'bearer', authConfig: {}, rateLimitPerMinute: 5 });
    const free = await create({ authType: 'bearer', authConfig: {} });
    const bearer = ({ secret }: MadeHook) => ({ authorization: `Bearer ${secret}` });
    const statuses = [];
    for (let n = 0; n < 5; n += 1) statuses.push(await post(limited.url, bearer(limited)));
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    const over = await fetch(limited.url, {
      method: 'POST',
      headers: bearer(limited),
      body: JSON.stringify({ title: 'Too many' }),
    });
    expect(over.status).toBe(429);
    expect(over.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await over.json()).toEqual({
      delivery_id: expect.stringMatching(/^ind_/),
      error: 'rate_limited',
    });
    expect(await post(free.url, bearer(free))).toBe(200);
    const [row] = await log(limited);
    expect(row).toMatchObject({
      authStatus: 'verified',
      dispatchStatus: 'failed',
      responseStatus: 429,
      outcome: { code: 'rate_limited' },
    });
  });

  test('S-107 holds over two gateways: together they admit little more than the bucket', async () => {
    const second = await stack.startGateway();
    const hook = await create({ authType: 'bearer', authConfig: {}, rateLimitPerMinute: 60 });
    const other = hook.url.replace(stack.gateway.url, second.url);
    const headers = { authorization: `Bearer ${hook.secret}`, prefer: 'respond-async' };
    const startedAtMs = Date.now();
    const statuses = await Promise.all(
      Array.from({ length: 160 }, (_, n) => post(n % 2 === 0 ? hook.url : other, headers)),
    );
    const refilled = Math.ceil((Date.now() - startedAtMs) / 1_000);
    const admitted = statuses.filter((status) => status === 200).length;
    expect(admitted).toBeGreaterThanOrEqual(60);
    // What came back during the burst, and a lease of one second's worth in each process.
    expect(admitted).toBeLessThanOrEqual(60 + refilled + 2);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  });
});

describe('requests that are not let in', () => {
  test('S-012 are stored with the reason, up to a bound that no stranger can exceed', async () => {
    const own = await startTestStack();
    try {
      const quiet = await own.factory.tenant();
      const url = `${own.gateway.url}/api/inbound/${quiet.slug}/no-such-hook`;
      const statuses = await Promise.all(Array.from({ length: 200 }, () => post(url)));
      expect(new Set(statuses)).toEqual(new Set([401]));
      const { rows } = await own.database.admin.query<{ n: number }>(
        'select count(*)::integer as n from inbound_deliveries',
      );
      expect(rows[0]?.n).toBe(120);
    } finally {
      await own.stop();
    }
  });
});
