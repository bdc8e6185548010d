import { mapCardProgram, type KnownOfReport } from '../../shared/events/sources/card-program.ts';
import type { NewSourceEvent } from '../../shared/events/sources/source-event.ts';

interface Step {
  readonly says: string;
  readonly report: unknown;
  readonly known?: KnownOfReport;
}

export interface PurchaseFlow {
  readonly title: string;
  readonly description: string;
  readonly steps: readonly Step[];
}

const merchant = {
  currency: 'usd',
  cardId: 'card_9a8b7c6d',
  localCurrency: 'USD',
  merchantCity: 'San Francisco  ',
  merchantCountry: 'US',
  merchantCategory: 'Fuel dispensers, automated',
  merchantCategoryCode: '5542',
  merchantName: '  FUEL STOP 44     ',
  authorizedAt: '2026-03-02T10:15:30.000Z',
};

/** What the program knows of the holder. It is in every report and in no event. */
const holder = {
  userId: 'usr_31',
  userEmail: 'ada@example.org',
  userFirstName: 'Ada',
  userLastName: 'Example',
  cardType: 'virtual',
};

function report(action: 'created' | 'updated' | 'completed', id: string, spend: object) {
  return {
    resource: 'transaction',
    action,
    body: { id, type: 'spend', spend: { ...merchant, ...holder, ...spend } },
  };
}

const held = (id: string, amount: number) =>
  report('created', id, {
    amount,
    localAmount: amount,
    authorizedAmount: amount,
    status: 'pending',
  });

const settled = (id: string, amount: number, authorizedAmount: number) =>
  report('completed', id, {
    amount,
    localAmount: amount,
    authorizedAmount,
    status: 'completed',
    enrichedMerchantName: 'Fuel Stop',
  });

/** The five ways that a purchase goes (S-143): what the card program reports in each, in order. */
export const purchaseFlows: readonly PurchaseFlow[] = [
  {
    title: 'Reversal',
    description:
      'The merchant gives up the purchase before it is settled. All that is held is freed.',
    steps: [
      { says: 'Authorized: 50.00 are held.', report: held('txn_reversal', 5000) },
      {
        says: 'Reversed: nothing is held any more, and nothing will be settled.',
        report: report('updated', 'txn_reversal', {
          amount: 0,
          localAmount: 0,
          authorizedAmount: 5000,
          authorizationUpdateAmount: -5000,
          status: 'reversed',
        }),
      },
    ],
  },
  {
    title: 'Partial capture',
    description: 'Less is settled than was held. The difference goes back to the holder.',
    steps: [
      { says: 'Authorized: 100.00 are held.', report: held('txn_partial', 10_000) },
      {
        says: 'Settled at 63.40: 36.60 are refunded.',
        report: settled('txn_partial', 6340, 10_000),
      },
    ],
  },
  {
    title: 'Over capture',
    description:
      'More is settled than was held, typically up to 20 % more, such as a tip. The difference is collected.',
    steps: [
      { says: 'Authorized: 20.00 are held.', report: held('txn_over', 2000) },
      {
        says: 'Settled at 23.00: 3.00 more are collected.',
        report: settled('txn_over', 2300, 2000),
      },
    ],
  },
  {
    title: 'Force capture',
    description:
      'A purchase is settled that nobody authorized, such as one made offline. There is no `transaction.created`, and no `authorizedAmount`.',
    steps: [
      {
        says: 'Settled: the whole amount is collected.',
        report: settled('txn_force', 1800, 0),
        known: { isAuthorized: false },
      },
    ],
  },
  {
    title: 'Refund',
    description:
      'Money comes back after the purchase. Amounts are negative, and the id may be another than that of the purchase.',
    steps: [
      {
        says: 'Announced: nothing moves yet, so the event awaits no receipt.',
        report: report('created', 'txn_refund', {
          amount: -2500,
          localAmount: -2500,
          status: 'pending',
        }),
      },
      {
        says: 'Settled: 25.00 are credited.',
        report: report('completed', 'txn_refund', {
          amount: -2500,
          localAmount: -2500,
          status: 'completed',
        }),
      },
    ],
  },
];

/** The event of a step. That each has one is what the flows are for; without one, an Error. */
export function eventOfStep({ report: payload, known, says }: Step): NewSourceEvent {
  const verdict = mapCardProgram(payload, known);
  if (!('events' in verdict)) throw new Error(`no event: ${says} ${JSON.stringify(verdict)}`);
  return verdict.events[0];
}
