import { z } from 'zod';
import { defineFamily } from '../event-type.ts';
import { currency, exactly, flag, id, moment, oneOf, open, text } from '../parts.ts';

/** How often a limit on a card begins anew. */
export const limitFrequencies = [
  'per24HourPeriod',
  'per7DayPeriod',
  'per30DayPeriod',
  'perYearPeriod',
  'allTime',
  'perAuthorization',
] as const;

export const cardStatuses = ['ACTIVE', 'FROZEN', 'DELETED', 'INACTIVE'] as const;

export const applicationStatuses = [
  'approved',
  'pending',
  'needsInformation',
  'needsVerification',
  'manualReview',
  'denied',
  'locked',
  'canceled',
] as const;

export const walletSchema = z.enum(['Apple', 'Google Pay']);

const cents = (of: string) => z.int().describe(`${of}, in US cents; negative for a refund`);

/** What every transaction says of the purchase. Merchant texts come without blanks around them. */
const spend = {
  amount: cents('Amount'),
  currency: exactly('usd', 'Currency of `amount`: always usd'),
  cardId: id('the card'),
  localAmount: z
    .int()
    .describe('Amount in the smallest unit of `localCurrency`; negative for a refund'),
  localCurrency: currency('Currency of the merchant, three letters'),
  merchantCity: text('City of the merchant').optional(),
  merchantCountry: text('Country of the merchant').optional(),
  merchantCategory: text('What the merchant trades in').optional(),
  merchantCategoryCode: text('Merchant category code (ISO 18245)'),
  merchantName: text('Name of the merchant'),
  merchantId: text('Id of the merchant').optional(),
  authorizedAt: moment('When the purchase was authorized'),
  authorizedAmount: z
    .int()
    .describe('Amount that was authorized, in US cents; absent when nothing was')
    .optional(),
};

const declinedReason = text('Why it was declined; only when `status` is declined').optional();

const exchangeRate = z
  .number()
  .positive()
  .describe('Units of `currency` for one of `localCurrency`; only when the two differ')
  .optional();

const enriched = {
  enrichedMerchantIcon: text('Address of an image of the merchant').optional(),
  enrichedMerchantName: text('Name of the merchant as people know it').optional(),
  enrichedMerchantCategory: text('Category of the merchant as people know it').optional(),
};

const purchase = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  open({
    id: id('the purchase, the same from its authorization to its end'),
    type: exactly('spend', 'Always spend'),
    spend: open(shape).describe('The purchase'),
  });

const transaction = { type: 'transaction', id: 'txn_4f1c2d3e' } as const;
const cardId = 'card_9a8b7c6d';
const coffee = {
  amount: 1250,
  currency: 'usd',
  cardId,
  localAmount: 1150,
  localCurrency: 'eur',
  merchantCity: 'Lisbon',
  merchantCountry: 'PT',
  merchantCategory: 'Restaurants',
  merchantCategoryCode: '5812',
  merchantName: 'Café Central',
  authorizedAt: '2026-03-02T10:15:30.000Z',
  authorizedAmount: 1250,
} as const;

export const transactionFamily = defineFamily({
  title: 'Card transactions',
  description:
    'Purchases with the cards of a card program, from the authorization to the settlement. No member says who the holder is.',
  types: [
    {
      name: 'transaction.created',
      title: 'Purchase authorized or declined',
      description: 'A purchase has been authorized or declined, or a refund has been announced.',
      data: purchase({
        ...spend,
        status: oneOf(['pending', 'declined'], 'pending: authorized, not yet settled'),
        declinedReason,
        exchangeRate,
      }),
      resourceTypes: ['transaction'],
      attributes: ['owner'],
      mayAwaitReceipt: true,
      examples: [
        {
          resource: transaction,
          data: {
            id: transaction.id,
            type: 'spend',
            spend: { ...coffee, status: 'pending', exchangeRate: 1.087 },
          },
        },
        {
          resource: transaction,
          data: {
            id: transaction.id,
            type: 'spend',
            spend: {
              ...coffee,
              localAmount: 1250,
              localCurrency: 'usd',
              status: 'declined',
              declinedReason: 'insufficient collateral',
            },
          },
        },
      ],
    },
    {
      name: 'transaction.updated',
      title: 'Authorization changed',
      description:
        'What is held for a purchase has grown, shrunk or been reversed. There is no exchange rate here.',
      data: purchase({
        ...spend,
        authorizationUpdateAmount: cents('Change of what is held'),
        status: oneOf(['pending', 'reversed', 'declined'], 'reversed: nothing is held any more'),
        declinedReason,
        ...enriched,
      }),
      resourceTypes: ['transaction'],
      attributes: ['owner'],
      mayAwaitReceipt: true,
      examples: [
        {
          resource: transaction,
          data: {
            id: transaction.id,
            type: 'spend',
            spend: {
              ...coffee,
              amount: 0,
              localAmount: 0,
              authorizationUpdateAmount: -1250,
              status: 'reversed',
              enrichedMerchantName: 'Café Central',
            },
          },
        },
      ],
    },
    {
      name: 'transaction.completed',
      title: 'Purchase settled',
      description:
        'A purchase or a refund has been settled. Without `authorizedAmount` it was settled without any authorization.',
      data: purchase({
        ...spend,
        status: exactly('completed', 'Always completed'),
        ...enriched,
        exchangeRate,
      }),
      resourceTypes: ['transaction'],
      attributes: ['owner'],
      mayAwaitReceipt: true,
      examples: [
        {
          resource: transaction,
          data: {
            id: transaction.id,
            type: 'spend',
            spend: {
              ...coffee,
              status: 'completed',
              enrichedMerchantName: 'Café Central',
              enrichedMerchantCategory: 'Coffee',
              exchangeRate: 1.087,
            },
          },
        },
      ],
    },
  ],
});

export const cardFamily = defineFamily({
  title: 'Cards',
  description: 'Cards of a card program.',
  types: [
    {
      name: 'card.updated',
      title: 'Card changed',
      description: 'Status, limit or wallets of a card have changed: every step of its life.',
      data: open({
        id: id('the card'),
        last4: text('The last four digits of its number'),
        limit: open({
          amount: z.int().nonnegative().describe('The most that may be spent, in US cents'),
          frequency: oneOf(limitFrequencies, 'How often the limit begins anew'),
        }).describe('What may be spent with it'),
        status: oneOf(cardStatuses, 'INACTIVE: made and not yet activated'),
        tokenWallets: z
          .array(walletSchema)
          .min(1)
          .describe('The wallet it is in; absent when it is in none')
          .optional(),
      }),
      resourceTypes: ['card'],
      attributes: ['owner'],
      examples: [
        {
          resource: { type: 'card', id: cardId },
          data: {
            id: cardId,
            last4: '4242',
            limit: { amount: 100_000, frequency: 'per30DayPeriod' },
            status: 'ACTIVE',
            tokenWallets: ['Apple'],
          },
        },
        {
          resource: { type: 'card', id: cardId },
          data: {
            id: cardId,
            last4: '4242',
            limit: { amount: 100_000, frequency: 'allTime' },
            status: 'INACTIVE',
          },
        },
      ],
    },
  ],
});

export const userFamily = defineFamily({
  title: 'Card holders',
  description: 'How the applications of card holders stand. They are known by their credential.',
  types: [
    {
      name: 'user.updated',
      title: 'Application changed',
      description: 'The application of a card holder has a new status.',
      data: open({
        credentialId: id('the credential of the card holder'),
        applicationReason: text('What the card program says of the status'),
        applicationStatus: oneOf(applicationStatuses, 'Status of the application'),
        isActive: flag('Whether the card holder may use the program'),
      }),
      resourceTypes: ['user'],
      examples: [
        {
          resource: { type: 'user', id: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266' },
          data: {
            credentialId: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
            applicationReason: 'all checks passed',
            applicationStatus: 'approved',
            isActive: true,
          },
        },
      ],
    },
  ],
});
