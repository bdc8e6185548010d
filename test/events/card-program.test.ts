import { describe, expect, test } from 'vitest';
import { validateEventData } from '../../shared/events/validate.ts';
import { mapCardProgram, type KnownOfReport } from '../../shared/events/sources/card-program.ts';
import type { NewSourceEvent, SourceVerdict } from '../../shared/events/sources/source-event.ts';
import { cardProgram } from '../../tools/pages/event-sources.ts';
import { eventOfStep, purchaseFlows } from '../../tools/pages/purchase-flows.ts';

type Action = 'created' | 'updated' | 'completed';

const personal = {
  userId: 'usr_31',
  userEmail: 'ada@example.org',
  userFirstName: 'Ada',
  userLastName: 'Lovelace',
  cardType: 'virtual',
};

const defaults: Record<Action, object> = {
  created: { status: 'pending' },
  updated: { status: 'pending', authorizationUpdateAmount: 100 },
  completed: { status: 'completed' },
};

function report(action: Action, spend: object = {}) {
  return {
    resource: 'transaction',
    action,
    body: {
      id: 'txn_1',
      type: 'spend',
      spend: {
        amount: 1250,
        currency: 'usd',
        cardId: 'card_1',
        localAmount: 1150,
        localCurrency: 'EUR',
        merchantCity: '  Lisbon     ',
        merchantCountry: 'PT ',
        merchantCategory: ' Restaurants ',
        merchantCategoryCode: '5812',
        merchantName: ' Café Central   ',
        merchantId: null,
        authorizedAt: '2026-03-02T10:15:30.000Z',
        authorizedAmount: 1250,
        exchangeRate: 1.087,
        enrichedMerchantName: ' Café Central ',
        enrichedMerchantIcon: null,
        ...personal,
        ...defaults[action],
        ...spend,
      },
    },
  };
}

function eventOf(verdict: SourceVerdict): NewSourceEvent {
  if (!('events' in verdict)) throw new Error(JSON.stringify(verdict));
  expect(verdict.events).toHaveLength(1);
  return verdict.events[0];
}

const spendOf = (action: Action, spend: object = {}, known: KnownOfReport = {}) =>
  eventOf(mapCardProgram(report(action, spend), known)).data['spend'] as Record<string, unknown>;

const common = {
  amount: 1250,
  currency: 'usd',
  cardId: 'card_1',
  localAmount: 1150,
  localCurrency: 'EUR',
  merchantCity: 'Lisbon',
  merchantCountry: 'PT',
  merchantCategory: 'Restaurants',
  merchantCategoryCode: '5812',
  merchantName: 'Café Central',
  authorizedAt: '2026-03-02T10:15:30.000Z',
  authorizedAmount: 1250,
};

describe('a transaction of a card program', () => {
  test.for<[Action, object]>([
    ['created', { ...common, status: 'pending', exchangeRate: 1.087 }],
    [
      'updated',
      {
        ...common,
        authorizationUpdateAmount: 100,
        status: 'pending',
        enrichedMerchantName: 'Café Central',
      },
    ],
    [
      'completed',
      {
        ...common,
        status: 'completed',
        enrichedMerchantName: 'Café Central',
        exchangeRate: 1.087,
      },
    ],
  ])('S-094 %s becomes exactly the listed members, trimmed', ([action, spend]) => {
    const event = eventOf(mapCardProgram(report(action)));
    expect(event).toMatchObject({
      type: `transaction.${action}`,
      resourceType: 'transaction',
      resourceId: 'txn_1',
      attributes: { ownerId: 'card_1' },
    });
    expect(event.data).toEqual({ id: 'txn_1', type: 'spend', spend });
    expect(validateEventData(event.type, event.data).ok).toBe(true);
  });

  test.for<Action>(['created', 'updated', 'completed'])(
    'S-094 %s says nothing of who the holder is',
    (action) => {
      const text = JSON.stringify(mapCardProgram(report(action)));
      for (const value of Object.values(personal)) expect(text).not.toContain(value);
    },
  );

  test('S-094 a text of blanks alone is left out', () => {
    expect(spendOf('created', { merchantCity: '    ' })).not.toHaveProperty('merchantCity');
  });

  test.for<[Action, object, boolean]>([
    ['created', {}, true],
    ['created', { localCurrency: 'USD' }, false],
    ['created', { localCurrency: 'usd', currency: 'USD' }, false],
    ['created', { exchangeRate: null }, false],
    ['completed', {}, true],
    ['completed', { localCurrency: 'USD' }, false],
    ['updated', {}, false],
    ['updated', { localCurrency: 'USD' }, false],
  ])('S-094 %s with %j has an exchange rate: %s', ([action, spend, wanted]) => {
    expect('exchangeRate' in spendOf(action, spend)).toBe(wanted);
  });

  test.for<[string, object, KnownOfReport, boolean]>([
    ['authorized', {}, {}, true],
    ['settled with an authorized amount of 0', { authorizedAmount: 0 }, {}, false],
    ['settled with an authorized amount of null', { authorizedAmount: null }, {}, false],
    ['known to be unauthorized', {}, { isAuthorized: false }, false],
  ])('S-094 a completed purchase that is %s', ([, spend, known, wanted]) => {
    expect('authorizedAmount' in spendOf('completed', spend, known)).toBe(wanted);
  });

  test.for<[string, string | undefined]>([
    ['the reason of this side replaces that of the program', 'insufficient collateral'],
    ['the reason of the program stands when there is no other', undefined],
  ])('S-094 declined: %s', ([, declinedReason]) => {
    const spend = { status: 'declined', declinedReason: 'webhook declined' };
    const known = declinedReason === undefined ? {} : { declinedReason };
    for (const action of ['created', 'updated'] as const) {
      expect(spendOf(action, spend, known)['declinedReason']).toBe(
        declinedReason ?? 'webhook declined',
      );
    }
  });

  test('S-094 only a declined purchase has a reason', () => {
    const spend = spendOf('created', { declinedReason: 'x' }, { declinedReason: 'y' });
    expect(spend).not.toHaveProperty('declinedReason');
  });

  test.for<[Action, object, boolean]>([
    ['created', {}, true],
    ['created', { status: 'declined' }, false],
    ['created', { amount: -500 }, false],
    ['created', { amount: 0 }, false],
    ['updated', { authorizationUpdateAmount: 100 }, true],
    ['updated', { authorizationUpdateAmount: -1250, status: 'reversed' }, true],
    ['updated', { authorizationUpdateAmount: 0 }, false],
    ['updated', { status: 'declined' }, false],
    ['completed', { amount: 1250 }, false],
    ['completed', { amount: 1000 }, true],
    ['completed', { amount: 1500 }, true],
    ['completed', { authorizedAmount: null }, true],
    ['completed', { authorizedAmount: null, amount: -1250 }, true],
    ['completed', { authorizedAmount: null, amount: 0 }, false],
  ])('S-064 %s with %j awaits a receipt: %s', ([action, spend, wanted]) => {
    expect(eventOf(mapCardProgram(report(action, spend))).awaitsReceipt).toBe(wanted);
  });

  test('S-064 a force capture awaits one even when its amount is the reported authorization', () => {
    const event = eventOf(mapCardProgram(report('completed'), { isAuthorized: false }));
    expect(event.awaitsReceipt).toBe(true);
  });
});

function cardReport(body: object = {}) {
  return {
    resource: 'card',
    action: 'updated',
    body: {
      id: 'card_1',
      userId: 'usr_31',
      last4: '4242',
      expirationMonth: '9',
      limit: { amount: 100_000, frequency: 'per30DayPeriod', internal: true },
      status: 'active',
      ...body,
    },
  };
}

describe('a card of a card program', () => {
  test.for([
    ['active', 'ACTIVE'],
    ['locked', 'FROZEN'],
    ['canceled', 'DELETED'],
    ['notActivated', 'INACTIVE'],
  ] as const)('S-095 %s is %s', ([status, wanted]) => {
    const event = eventOf(mapCardProgram(cardReport({ status })));
    expect(event).toEqual({
      type: 'card.updated',
      resourceType: 'card',
      resourceId: 'card_1',
      data: {
        id: 'card_1',
        last4: '4242',
        limit: { amount: 100_000, frequency: 'per30DayPeriod' },
        status: wanted,
      },
      awaitsReceipt: false,
      attributes: { ownerId: 'card_1' },
    });
    expect(validateEventData(event.type, event.data).ok).toBe(true);
  });

  test.for([
    'per24HourPeriod',
    'per7DayPeriod',
    'per30DayPeriod',
    'perYearPeriod',
    'allTime',
    'perAuthorization',
  ])('S-095 a limit can be %s', (frequency) => {
    const limit = { amount: 0, frequency };
    const event = eventOf(mapCardProgram(cardReport({ limit })));
    expect(event.data['limit']).toEqual(limit);
    expect(validateEventData(event.type, event.data).ok).toBe(true);
  });

  test.for<[unknown, unknown]>([
    [['Apple'], ['Apple']],
    [['Google Pay'], ['Google Pay']],
    [[], undefined],
    [null, undefined],
  ])('S-095 wallets %j become %j', ([tokenWallets, wanted]) => {
    expect(eventOf(mapCardProgram(cardReport({ tokenWallets }))).data['tokenWallets']).toEqual(
      wanted,
    );
  });
});

describe('a user of a card program', () => {
  const userReport = {
    resource: 'user',
    action: 'updated',
    body: {
      id: 'usr_31',
      email: 'ada@example.org',
      firstName: 'Ada',
      applicationStatus: 'needsInformation',
      applicationReason: 'document unreadable',
      isActive: false,
    },
  };

  test('S-094 is known by credential and status alone', () => {
    const event = eventOf(mapCardProgram(userReport, { credentialId: 'cred_7' }));
    expect(event.resourceId).toBe('cred_7');
    expect(event.awaitsReceipt).toBe(false);
    expect(event.data).toEqual({
      credentialId: 'cred_7',
      applicationReason: 'document unreadable',
      applicationStatus: 'needsInformation',
      isActive: false,
    });
    expect(validateEventData(event.type, event.data).ok).toBe(true);
  });

  test('S-094 without a known credential is refused', () => {
    expect(mapCardProgram(userReport)).toHaveProperty('refused');
  });
});

describe('other reports of a card program', () => {
  test.for([
    ['transaction', 'requested'],
    ['card', 'notification'],
    ['dispute', 'created'],
    ['dispute', 'updated'],
    ['contract', 'created'],
  ])('S-094 %s %s is never forwarded', ([resource, action]) => {
    expect(mapCardProgram({ resource, action, body: {} })).toEqual({
      ignored: expect.any(String),
    });
  });

  test.for<[unknown, string]>([
    ['text', ''],
    [{ action: 'created' }, '/resource'],
    [report('created', { amount: '12' }), '/body/spend/amount'],
    [report('created', { currency: 'eur' }), '/body/spend/currency'],
    [report('created', { localCurrency: 'EURO' }), '/body/spend/localCurrency'],
    [report('updated', { status: 'completed' }), '/body/spend/status'],
    [report('completed', { authorizedAt: 'yesterday' }), '/body/spend/authorizedAt'],
    [cardReport({ status: 'melted' }), '/body/status'],
    [cardReport({ limit: { amount: 1, frequency: 'weekly' } }), '/body/limit/frequency'],
  ])('S-094 %j is refused at %s', ([payload, field]) => {
    expect(mapCardProgram(payload)).toEqual({ refused: { field, message: expect.any(String) } });
  });
});

describe('the purchase flows of docs/events.md', () => {
  const typesOf = (title: string) =>
    purchaseFlows.find((flow) => flow.title === title)?.steps.map((step) => eventOfStep(step).type);

  test('S-143 are the five', () => {
    expect(purchaseFlows.map(({ title }) => title)).toEqual([
      'Reversal',
      'Partial capture',
      'Over capture',
      'Force capture',
      'Refund',
    ]);
    expect(typesOf('Force capture')).toEqual(['transaction.completed']);
    expect(typesOf('Reversal')).toEqual(['transaction.created', 'transaction.updated']);
  });

  test.for(purchaseFlows)('S-143 every event of $title validates', ({ steps }) => {
    for (const step of steps) {
      const { type, data } = eventOfStep(step);
      expect(validateEventData(type, data), type).toEqual({ ok: true, data });
      expect(JSON.stringify(data)).not.toContain('ada@example.org');
    }
  });

  test('S-143 a force capture has no authorized amount, and a refund has negative ones', () => {
    const dataOf = (title: string) =>
      purchaseFlows
        .filter((flow) => flow.title === title)
        .flatMap(({ steps }) => steps.map((step) => eventOfStep(step).data['spend']));
    expect(dataOf('Force capture')[0]).not.toHaveProperty('authorizedAmount');
    expect(dataOf('Refund')).toMatchObject([{ amount: -2500 }, { amount: -2500 }]);
  });

  test('S-142 every report that the page shows becomes an event', () => {
    for (const shown of cardProgram) {
      const event = eventOf(mapCardProgram(shown, { credentialId: 'cred_7' }));
      expect(validateEventData(event.type, event.data).ok).toBe(true);
    }
  });
});
