import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { deterministicEventId } from '../../shared/events/deterministic-id.ts';
import { createHash } from 'node:crypto';
import { cardProgram, cardViews, mailSystem } from '../../tools/pages/event-sources.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { send, workflowHandler, type TestHook, type TestTenant } from '../support/factory.ts';
import { hookBody } from '../support/hook-body.ts';
import type { TestEndpoint } from '../support/outbound.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

let rig: OutboundRig;
beforeAll(async () => {
  rig = await startOutboundRig();
});
afterAll(() => rig.stop());

interface Setting {
  readonly owner: TestTenant;
  readonly caller: ApiCaller;
  readonly hook: TestHook;
  readonly endpoint: TestEndpoint;
  readonly receiver: TestReceiver;
}

async function setting(source: string): Promise<Setting> {
  const owner = await rig.factory.tenant();
  const caller = apiAs(rig.gateway.url, (await rig.factory.user(owner)).token);
  const hook = await rig.factory.hook(owner, { handler: workflowHandler(source) });
  const receiver = await startReceiver();
  const endpoint = await rig.endpoint(owner, { url: receiver.url, maxInFlight: 10 });
  return { owner, caller, hook, endpoint, receiver };
}

async function report(given: Setting, body: unknown): Promise<number> {
  return (await send(rig.gateway.url, given.hook, body)).status;
}

/** What the receiver got, each with its signature checked. */
function delivered({ receiver, endpoint }: Setting): Record<string, unknown>[] {
  const webhook = new Webhook(endpoint.secret);
  return receiver.requests.map(
    ({ body, headers }) =>
      webhook.verify(body, headers as Record<string, string>) as Record<string, unknown>,
  );
}

/** The outcome of the hook's newest delivery. */
async function outcome({ owner }: Setting): Promise<Record<string, unknown>> {
  const { rows } = await rig.database.admin.query<{ outcome: Record<string, unknown> }>(
    'select outcome from inbound_deliveries where tenant_id = $1 order by id desc limit 1',
    [owner.id],
  );
  return rows[0]?.outcome ?? {};
}

const eventsOf = async ({ caller }: Setting) => (await caller.get('/events')).body.data;

/** A purchase that moves money, so that its event waits. */
function purchase(id: string): unknown {
  return {
    resource: 'transaction',
    action: 'created',
    body: {
      id,
      type: 'spend',
      spend: {
        amount: 5_000,
        currency: 'usd',
        cardId: 'card_1',
        userId: 'usr_31',
        userEmail: 'ada@example.org',
        localAmount: 4_600,
        localCurrency: 'eur',
        exchangeRate: 0.92,
        merchantCategoryCode: '5411',
        merchantName: '  Corner Shop  ',
        authorizedAt: '2026-03-02T10:15:30.000Z',
        authorizedAmount: 5_000,
        status: 'pending',
      },
    },
  };
}

const receiptOf = (id: string, body: object): unknown => ({
  resource: 'transaction',
  action: 'receipt',
  body: { id, ...body },
});
const receipt = { blockNumber: 21_000_000, transactionHash: '0xabc123' };

describe('a card program', () => {
  test('S-064 S-094 a purchase goes out once its receipt is there, with it and nothing personal', async () => {
    const given = await setting('card-program');
    expect(await report(given, purchase('tx_1'))).toBe(200);
    expect(await eventsOf(given)).toMatchObject([
      { type: 'transaction.created', resourceId: 'tx_1', receiptState: 'awaiting' },
    ]);
    expect(await rig.deliveries(given.owner)).toEqual([]);
    expect(await report(given, receiptOf('tx_1', { receipt }))).toBe(200);
    await eventually(() => expect(delivered(given)).toHaveLength(1));
    const [sent] = delivered(given);
    expect(sent).toMatchObject({
      type: 'transaction.created',
      receipt,
      data: {
        id: 'tx_1',
        type: 'spend',
        spend: { merchantName: 'Corner Shop', exchangeRate: 0.92 },
      },
    });
    expect(JSON.stringify(sent)).not.toMatch(/ada@example|usr_31/);
    await given.receiver.close();
  });

  test('S-064 a repeated receipt sends nothing more, and a reverted purchase nothing at all', async () => {
    const given = await setting('card-program');
    await report(given, purchase('tx_1'));
    await report(given, purchase('tx_2'));
    const answers = await Promise.all(
      [1, 2, 3].map(() => report(given, receiptOf('tx_1', { receipt }))),
    );
    expect(answers).toEqual([200, 200, 200]);
    expect(await report(given, receiptOf('tx_2', { reverted: true }))).toBe(200);
    expect(await report(given, receiptOf('tx_2', { reverted: true }))).toBe(200);
    await eventually(() => expect(delivered(given)).toHaveLength(1));
    expect(await rig.deliveries(given.owner)).toHaveLength(1);
    expect(
      (await eventsOf(given)).map((each: { receiptState: string }) => each.receiptState),
    ).toEqual(['reverted', 'received']);
    await given.receiver.close();
  });

  test('S-064 a receipt that comes before its event fails, so that it is sent again', async () => {
    const given = await setting('card-program');
    expect(await report(given, receiptOf('tx_9', { receipt }))).toBe(500);
    expect(await outcome(given)).toMatchObject({ code: 'receipt_not_awaited', field: '/body/id' });
    await report(given, purchase('tx_9'));
    expect(await report(given, receiptOf('tx_9', { receipt }))).toBe(200);
    await eventually(() => expect(delivered(given)).toHaveLength(1));
    await given.receiver.close();
  });

  test('S-064 no report waits for a receiver that does not answer', async () => {
    const given = await setting('card-views');
    given.receiver.answer(() => undefined);
    expect(await report(given, cardViews[0])).toBe(200);
    await eventually(() => expect(given.receiver.requests).toHaveLength(1));
    expect(await report(given, cardViews[1])).toBe(200);
    await given.receiver.close();
  });

  test('S-094 S-095 card and user reports become events; a credential comes beside the report', async () => {
    const given = await setting('card-program');
    const [card, user] = cardProgram.slice(-2) as [object, object];
    expect(await report(given, card)).toBe(200);
    expect(await report(given, user)).toBe(400);
    expect(await report(given, { ...user, known: { credentialId: '0xf39F' } })).toBe(200);
    await eventually(() => expect(delivered(given)).toHaveLength(2));
    const byType = Object.fromEntries(delivered(given).map((each) => [each['type'], each['data']]));
    expect(byType).toMatchObject({
      'card.updated': { status: 'FROZEN' },
      'user.updated': { credentialId: '0xf39F', applicationStatus: 'approved' },
    });
    await given.receiver.close();
  });

  test('S-094 what is not forwarded is dispatched with the reason', async () => {
    const given = await setting('card-program');
    expect(await report(given, { resource: 'dispute', action: 'created', body: {} })).toBe(200);
    expect(await outcome(given)).toEqual({
      status: 'dispatched',
      source: 'card-program',
      events: [],
      ignored: 'Disputes are not forwarded.',
    });
    expect(await eventsOf(given)).toEqual([]);
    await given.receiver.close();
  });

  test('S-094 a report that is not as documented fails, naming its field, 400', async () => {
    const given = await setting('card-program');
    const faulty = purchase('tx_1') as { body: { spend: Record<string, unknown> } };
    faulty.body.spend['amount'] = 'much';
    expect(await report(given, faulty)).toBe(400);
    expect(await outcome(given)).toMatchObject({
      status: 'failed',
      code: 'mapping_failed',
      field: '/body/spend/amount',
    });
    expect(await eventsOf(given)).toEqual([]);
    await given.receiver.close();
  });

  test.for([
    ['that holds a NUL', 'card\0'],
    ['that is far too long', 'c'.repeat(5_000)],
  ])('S-098 an id %s fails the report and records nothing', async ([, cardId]) => {
    const given = await setting('card-views');
    const view = { ...(cardViews[0] as object), cardId };
    expect(await report(given, view)).toBe(400);
    expect(await eventsOf(given)).toEqual([]);
    await given.receiver.close();
  });
});

describe('card views', () => {
  test('S-096 become card.viewed, and a view by the owner becomes nothing', async () => {
    const given = await setting('card-views');
    for (const view of cardViews) expect(await report(given, view)).toBe(200);
    const own = { ...(cardViews[0] as object), viewerId: 'user_5' };
    expect(await report(given, own)).toBe(200);
    expect(await outcome(given)).toMatchObject({ events: [], ignored: expect.any(String) });
    await eventually(() => expect(delivered(given)).toHaveLength(2));
    const data = delivered(given).map((each) => each['data'] as Record<string, unknown>);
    expect(data.toSorted((a, b) => String(a['source']).localeCompare(String(b['source'])))).toEqual(
      [
        {
          event: 'card.viewed',
          cardId: null,
          viewerId: null,
          source: 'link',
          timestamp: '2026-03-02T10:15:30.000Z',
        },
        {
          event: 'card.viewed',
          cardId: 'card_77',
          viewerId: 'user_18',
          source: 'qr',
          timestamp: '2026-03-02T10:15:30.000Z',
        },
      ],
    );
    await given.receiver.close();
  });
});

describe('a mail system', () => {
  const [received] = mailSystem as [{ message_id: string }];

  test('S-097 the same message ten times is one event, with the id of message and type', async () => {
    const given = await setting('email-events');
    const answers = await Promise.all(Array.from({ length: 10 }, () => report(given, received)));
    expect(answers).toEqual(Array.from({ length: 10 }, () => 200));
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    const id = deterministicEventId(sha256, received.message_id, 'email.received');
    expect(await eventsOf(given)).toMatchObject([{ id, type: 'email.received' }]);
    expect(await outcome(given)).toMatchObject({ source: 'email-events', events: [id] });
    await eventually(() => expect(delivered(given)).toMatchObject([{ id }]));
    expect(await rig.deliveries(given.owner)).toHaveLength(1);
    await given.receiver.close();
  });

  test('S-139 records nothing while the tenant records no events, and says so', async () => {
    const given = await setting('email-events');
    await rig.database.admin.query('update tenants set automation_enabled = false where id = $1', [
      given.owner.id,
    ]);
    expect(await report(given, received)).toBe(200);
    expect(await outcome(given)).toMatchObject({ events: [], ignored: expect.any(String) });
    expect(await eventsOf(given)).toEqual([]);
    await given.receiver.close();
  });
});

describe('built-in workflows', () => {
  test('S-038 are listed and selected by a hook without being published', async () => {
    const given = await setting('card-views');
    const { body } = await given.caller.get('/inbound-webhooks/workflows');
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual([
      'card-program',
      'card-views',
      'conversation-inbox',
      'email-events',
    ]);
    const made = await given.caller.post(
      '/inbound-webhooks',
      hookBody(given.owner, {
        handlerType: 'workflow',
        handlerConfig: { workflowId: 'email-events' },
      }),
    );
    expect(made).toMatchObject({ status: 201, body: { data: { warnings: [] } } });
    await given.receiver.close();
  });

  test('S-098 the events of a report tell by which delivery they came', async () => {
    const given = await setting('card-views');
    const { body } = await send(rig.gateway.url, given.hook, cardViews[0]);
    const [event] = await eventsOf(given);
    expect(event.inboundDeliveryId).toBe(body?.['delivery_id']);
    await given.receiver.close();
  });
});
