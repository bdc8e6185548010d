import { z } from 'zod';
import { applicationStatuses, limitFrequencies, walletSchema } from '../families/card-program.ts';
import { currency, id, moment, open, text } from '../parts.ts';

/**
 * What a card program reports, as this gateway reads it. Everything else in a report, the holder's
 * names and addresses above all, is not read and so goes nowhere.
 */
export const headSchema = open({
  resource: z.string().describe('What it is about: transaction, card, user, dispute'),
  action: z.string().describe('What happened to it'),
});

/** A text of a merchant. Card networks fill them up with blanks. */
const merchantText = (of: string) => z.string().trim().describe(of);
const optionalText = (of: string) =>
  merchantText(of)
    .nullish()
    .transform((value) => value || undefined);

const cents = (of: string) => z.int().describe(`${of}, in US cents`);
const declinedReason = optionalText('Why the program says it was declined');
const exchangeRate = z.number().positive().nullish().describe('Units of currency for a local one');

const spend = {
  amount: cents('Amount; negative for a refund'),
  currency: z
    .string()
    .toLowerCase()
    .pipe(z.literal('usd', 'Only amounts in usd are known.'))
    .describe('usd, in any case'),
  cardId: id('the card'),
  localAmount: z.int().describe('Amount in the currency of the merchant'),
  localCurrency: currency('Currency of the merchant'),
  merchantCity: optionalText('City'),
  merchantCountry: optionalText('Country'),
  merchantCategory: optionalText('Category'),
  merchantCategoryCode: merchantText('Merchant category code'),
  merchantName: merchantText('Name'),
  merchantId: optionalText('Id of the merchant'),
  authorizedAt: moment('When it was authorized'),
  authorizedAmount: cents(
    'Amount that was authorized; absent, null or 0 when nothing was',
  ).nullish(),
};

const enriched = {
  enrichedMerchantIcon: optionalText('Address of an image'),
  enrichedMerchantName: optionalText('Name as people know it'),
  enrichedMerchantCategory: optionalText('Category as people know it'),
};

const transaction = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  open({
    body: open({
      id: id('the purchase'),
      type: z.literal('spend', 'Only transactions of type spend are known.'),
      spend: open(shape),
    }),
  });

export const createdSchema = transaction({
  ...spend,
  status: z.enum(['pending', 'declined']),
  declinedReason,
  exchangeRate,
});

export const updatedSchema = transaction({
  ...spend,
  authorizationUpdateAmount: cents('Change of what is held'),
  status: z.enum(['pending', 'reversed', 'declined']),
  declinedReason,
  ...enriched,
});

export const completedSchema = transaction({
  ...spend,
  status: z.literal('completed'),
  exchangeRate,
  ...enriched,
});

export const cardSchema = open({
  body: open({
    id: id('the card'),
    last4: text('The last four digits of its number'),
    limit: open({ amount: z.int().nonnegative(), frequency: z.enum(limitFrequencies) }),
    status: z.enum(['active', 'locked', 'canceled', 'notActivated']),
    tokenWallets: z.array(walletSchema).nullish(),
  }),
});

export const userSchema = open({
  body: open({
    applicationReason: z.string().nullish(),
    applicationStatus: z.enum(applicationStatuses),
    isActive: z.boolean(),
  }),
});

export type Created = z.output<typeof createdSchema>['body'];
export type Updated = z.output<typeof updatedSchema>['body'];
export type Completed = z.output<typeof completedSchema>['body'];
export type Spend = Created['spend'] | Updated['spend'] | Completed['spend'];
export type CardBody = z.output<typeof cardSchema>['body'];
export type UserBody = z.output<typeof userSchema>['body'];
