import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { directAction, ticketMapping, type TestHook, type TestTenant } from '../support/factory.ts';
import { countRuns } from '../support/runs.ts';
import {
  exchange,
  openSocket,
  pathOf,
  rawRequest,
  readAnswer,
  type RawRequest,
} from '../support/raw-http.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/** Requests that no well-behaved sender makes, over real sockets, byte for byte. */
let stack: TestStack;
let tenant: TestTenant;

beforeAll(async () => {
  stack = await startTestStack({
    env: {
      TIDEGATE_REQUEST_TIMEOUT_MS: '1500',
      TIDEGATE_TRUSTED_PROXIES: '127.0.0.1',
    },
  });
  tenant = await stack.factory.tenant();
});
afterAll(() => stack.stop());

type HookOptions = Parameters<TestStack['factory']['hook']>[1];
const newHook = (options?: HookOptions): Promise<TestHook> => stack.factory.hook(tenant, options);

/** A hook whose mapping also takes `data` as the ticket's attributes. */
const newHookWithData = (): Promise<TestHook> =>
  newHook({
    handler: directAction('createTicket', { ...ticketMapping(tenant.desk), attributes: 'data' }),
  });

const send = (hook: TestHook, request: RawRequest = {}) =>
  exchange(stack.gateway.url, rawRequest(hook, request));

async function deliveriesOf(hook: TestHook) {
  const { rows } = await stack.database.admin.query<Record<string, unknown>>(
    'select * from inbound_deliveries where hook_id = $1 order by id',
    [hook.id],
  );
  return rows;
}

/** What every refusal comes down to: this status, this error, nothing pending. */
async function expectRefused(
  hook: TestHook,
  request: RawRequest,
  status: number,
  error: string,
): Promise<Record<string, unknown>> {
  const answer = await send(hook, request);
  expect(answer).toMatchObject({ status });
  expect(JSON.parse(answer.body)).toMatchObject({ error });
  const [row] = await deliveriesOf(hook);
  expect(row).toMatchObject({ dispatch_status: 'failed' });
  return row as Record<string, unknown>;
}

describe('the signature header', () => {
  test('S-008 given twice is refused, even when both are right', async () => {
    const hook = await newHook();
    const once = rawRequest(hook).toString('latin1');
    const line = /x-signature: .*\r\n/.exec(once)?.[0] ?? '';
    const answer = await exchange(stack.gateway.url, once.replace(line, line + line));
    expect(answer).toEqual({ status: 401, body: '' });
    expect(await deliveriesOf(hook)).toMatchObject([{ auth_status: 'rejected_signature' }]);
  });
});

describe('the content type', () => {
  test.for([
    ['with a tab in front', '\tapplication/json'],
    ['with blanks in front', '   application/json'],
    ['with garbage behind', 'application/json; charset=utf-8 garbage, more'],
    ['of another kind', 'application/x-www-form-urlencoded'],
    ['that is none', '/'],
    ['that is empty', ''],
  ] as const)('%s does not change how the bytes are taken', async ([, type]) => {
    const hook = await newHook();
    expect(await send(hook, { lines: [`content-type:${type}`] })).toMatchObject({ status: 200 });
    expect(await deliveriesOf(hook)).toMatchObject([{ dispatch_status: 'dispatched' }]);
  });

  test('may be absent', async () => {
    const hook = await newHook();
    const bytes = rawRequest(hook)
      .toString('latin1')
      .replace('content-type: application/json\r\n', '');
    expect(await exchange(stack.gateway.url, bytes)).toMatchObject({ status: 200 });
  });
});

describe('a body that is cut short or never ends', () => {
  test('S-004 shorter than its length, then closed, stores nothing', async () => {
    const hook = await newHook();
    const bytes = rawRequest(hook, { lines: ['content-length: 500'] });
    const answer = await exchange(stack.gateway.url, bytes, { thenEnd: true });
    expect([400, undefined]).toContain(answer.status);
    expect(await deliveriesOf(hook)).toEqual([]);
  });

  test('S-004 in chunks without end answers 413 at the ceiling', async () => {
    const hook = await newHook();
    const socket = openSocket(stack.gateway.url);
    const answer = readAnswer(socket);
    socket.write(rawRequest(hook, { lines: ['transfer-encoding: chunked'], body: '' }));
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const feed = (): void => {
      while (socket.writable && socket.write(chunk));
      socket.once('drain', feed);
    };
    feed();
    expect(await answer).toMatchObject({ status: 413 });
    socket.destroy();
    expect(await deliveriesOf(hook)).toEqual([]);
  });

  test('S-004 in chunks that stop coming answers 408 at the time limit', async () => {
    const hook = await newHook();
    const bytes = rawRequest(hook, { lines: ['transfer-encoding: chunked'], body: '' });
    const answer = await exchange(
      stack.gateway.url,
      Buffer.concat([bytes, Buffer.from('5\r\nhello\r\n')]),
    );
    expect(answer).toMatchObject({ status: 408 });
    expect(await deliveriesOf(hook)).toEqual([]);
  });

  test('S-004 over the 5 MiB that any hook may take answers 413, whether or not the hook exists', async () => {
    const hook = await newHook();
    const body = Buffer.alloc(5_242_881, 'x');
    const target = `/api/inbound/${tenant.slug}/no-such-hook`;
    const answers = [await send(hook, { body }), await send(hook, { body, target })];
    expect(answers.map(({ status }) => status)).toEqual([413, 413]);
    expect(answers[0]?.body).toBe(answers[1]?.body);
    expect(await deliveriesOf(hook)).toEqual([]);
  });

  test('S-002 S-004 of 5 MiB answers 413 to who proves itself, and to others the same 401 as an unknown hook', async () => {
    const hook = await newHook();
    const body = Buffer.alloc(5_242_880, 'x');
    const target = `/api/inbound/${tenant.slug}/no-such-hook`;
    expect(await send(hook, { body })).toMatchObject({ status: 413 });
    expect(await deliveriesOf(hook)).toEqual([]);
    const stranger = { ...hook, secret: 'not the secret of the hook' };
    const refused = [await send(stranger, { body }), await send(stranger, { body, target })];
    expect(refused.map(({ status }) => status)).toEqual([401, 401]);
    expect(refused[0]?.body).toBe(refused[1]?.body);
  });

  test('S-004 of 5 MiB is taken by a hook that is set to', async () => {
    const hook = await newHook({ bodyLimitBytes: 5_242_880 });
    const body = Buffer.from(JSON.stringify({ title: 'Large', filler: 'x'.repeat(5_000_000) }));
    expect(await send(hook, { body })).toMatchObject({ status: 200 });
  });
});

describe('a request that is not proper HTTP', () => {
  test('with a header block over 16 KiB answers 431', async () => {
    const lines = [`x-large: ${'x'.repeat(20_000)}`];
    expect(await send(await newHook(), { lines })).toMatchObject({ status: 431 });
  });

  test('with both a length and a transfer encoding answers 400', async () => {
    const lines = ['content-length: 15', 'transfer-encoding: chunked'];
    expect(await send(await newHook(), { lines })).toMatchObject({ status: 400 });
  });

  test('with bad percent-encoding in the path answers 400 and does not repeat the input', async () => {
    const answer = await send(await newHook(), { target: '/api/inbound/%ZZ/<script>' });
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.body).not.toContain('script');
  });

  test('to an address that does not exist answers 404 and does not repeat the input', async () => {
    const answer = await send(await newHook(), { target: '/api/<script>' });
    expect(answer).toMatchObject({ status: 404 });
    expect(answer.body).not.toContain('script');
  });

  test('S-002 to a slug of 5,000 characters answers the same for every tenant', async () => {
    const hook = await newHook();
    const slug = 'a'.repeat(5_000);
    const answers = [
      await send(hook, { target: `/api/inbound/${tenant.slug}/${slug}` }),
      await send(hook, { target: `/api/inbound/ffffffffffff/${slug}` }),
    ];
    expect(answers[0]).toEqual(answers[1]);
    expect([401, 414]).toContain(answers[0]?.status);
  });
});

describe('an unusual request target', () => {
  test('S-014 in absolute form is taken, and credentials in it are not stored', async () => {
    const hook = await newHook();
    const target = `http://user:password@gateway${pathOf(hook)}`;
    expect(await send(hook, { target })).toMatchObject({ status: 200 });
    expect(await deliveriesOf(hook)).toMatchObject([{ request_path: pathOf(hook) }]);
  });

  test('with bad percent-encoding, NUL or 3,000 parameters in the query is taken and kept', async () => {
    const hook = await newHook();
    for (const query of ['a=%ZZ&b=%', 'a=%00', 'p=1&'.repeat(3_000), '__proto__=x&constructor=y']) {
      expect(await send(hook, { target: `${pathOf(hook)}?${query}` })).toMatchObject({
        status: 200,
      });
    }
    const rows = await deliveriesOf(hook);
    expect(rows.map((row) => row['dispatch_status'])).toEqual(Array(4).fill('dispatched'));
  });

  test('S-002 with NUL in the slug is as unknown as any other', async () => {
    const hook = await newHook();
    const target = `${pathOf(hook)}%00`;
    expect(await send(hook, { target })).toEqual({ status: 401, body: '' });
  });

  test('S-006 a forwarded address that is none does not lose the request', async () => {
    const hook = await newHook();
    const lines = ['x-forwarded-for: not-an-address'];
    expect(await send(hook, { lines })).toMatchObject({ status: 200 });
    expect(await deliveriesOf(hook)).toMatchObject([{ source_ip: null }]);
  });
});

describe('JSON with values that cannot be stored or told apart', () => {
  test.for([
    ['NUL', String.raw`{"title":"a\u0000b"}`],
    ['half a surrogate pair', String.raw`{"title":"a\ud800b"}`],
  ] as const)('S-023 %s in a text field answers 400 and names the field', async ([, body]) => {
    const row = await expectRefused(await newHook(), { body }, 400, 'mapping_failed');
    expect(row['outcome']).toMatchObject({ field: 'title' });
  });

  test.for([
    ['NUL in a value', String.raw`{"title":"t","data":{"a":["x\u0000"]}}`],
    ['NUL in a name', String.raw`{"title":"t","data":{"x\u0000":1}}`],
    ['half a surrogate pair', String.raw`{"title":"t","data":{"a":"\udc00"}}`],
  ] as const)('S-023 %s of a JSON field answers 400 and names the field', async ([, body]) => {
    const row = await expectRefused(await newHookWithData(), { body }, 400, 'mapping_failed');
    expect(row['outcome']).toMatchObject({ field: 'attributes' });
  });

  test('S-004 a NUL byte between values answers 400 invalid_json, and the bytes are kept', async () => {
    const body = Buffer.from('{"title":\0}');
    const row = await expectRefused(await newHook(), { body }, 400, 'invalid_json');
    expect(row['body']).toEqual(body);
  });

  test('S-039 a refused value whose message is cut inside a surrogate pair is recorded', async () => {
    const hook = await newHook({
      handler: directAction('createTicket', {
        ...ticketMapping(tenant.desk),
        title: '[data, data]',
      }),
    });
    for (const data of ['😀'.repeat(60), `x${'😀'.repeat(60)}`]) {
      const answer = await send(hook, { body: JSON.stringify({ data }) });
      expect(answer).toMatchObject({ status: 400 });
    }
  });

  test.for(['$number(title)', '$error(title)'])(
    'S-039 %s, which fails with the text of the sender in its message, is recorded',
    async (title) => {
      const hook = await newHook({
        handler: directAction('createTicket', { ...ticketMapping(tenant.desk), title }),
      });
      const body = String.raw`{"title":"\ud800\u0000"}`;
      const row = await expectRefused(hook, { body }, 400, 'mapping_failed');
      expect(row['outcome']).toMatchObject({ field: 'title' });
    },
  );

  test('S-015 a key with NUL or half a surrogate pair is refused, as it could not be told apart', async () => {
    const idempotencySource = { type: 'jsonata', value: 'id' } as const;
    for (const id of [String.raw`"a\u0000"`, String.raw`"\ud800"`, '9007199254740993']) {
      const hook = await newHook({ idempotencySource });
      const body = `{"title":"t","id":${id}}`;
      const row = await expectRefused(hook, { body }, 400, 'mapping_failed');
      expect(row['outcome']).toMatchObject({ field: 'idempotencyKey' });
    }
  });

  test('S-039 a number beyond all numbers is a missing value', async () => {
    const body = '{"title":1e999}';
    const row = await expectRefused(await newHook(), { body }, 400, 'mapping_failed');
    expect(row['outcome']).toMatchObject({ field: 'title' });
  });

  test('S-034 an external id that is too long for its column fails the delivery for good', async () => {
    const body = JSON.stringify({ title: 't', ref: 'r'.repeat(501) });
    const row = await expectRefused(await newHook(), { body }, 500, 'dispatch_failed');
    expect(row['outcome']).toMatchObject({ code: 'VALIDATION_ERROR' });
  });

  test('leaves no run that cannot end', async () => {
    const { temporalAddress } = inject('servers');
    await eventually(async () =>
      expect(await countRuns(temporalAddress, tenant.slug, 'open')).toBe(0),
    );
  });

  test('the names __proto__ and constructor are data like any other', async () => {
    const hook = await newHookWithData();
    const data = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const body = `{"title":"Names","__proto__":{"title":"no"},"data":${data}}`;
    const lines = ['__proto__: x', 'constructor: y'];
    expect(await send(hook, { body, lines })).toMatchObject({ status: 200 });
    const { rows } = await stack.database.admin.query<{ attributes: string }>(
      `select attributes::text from tickets where attributes->>'webhook_slug' = $1`,
      [hook.slug],
    );
    expect(rows[0]?.attributes).toContain('"constructor"');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
