import type { EventData } from '../event-type.ts';
import {
  cardSchema,
  completedSchema,
  createdSchema,
  headSchema,
  updatedSchema,
  userSchema,
  type CardBody,
  type Completed,
  type Created,
  type Spend,
  type Updated,
  type UserBody,
} from './card-program-payload.ts';
import { mapParsed, one, present, refuse, type SourceVerdict } from './source-event.ts';

/** What the operator of a card program knows of a report beside it. */
export interface KnownOfReport {
  /** Why this side declined the purchase. It replaces what the program says, which is generic. */
  readonly declinedReason?: string;
  /** Whether this side authorized the purchase. False for a force capture; absent: as reported. */
  readonly isAuthorized?: boolean;
  /** The credential of the card holder. A report on a user needs it: the program's own id stays here. */
  readonly credentialId?: string;
}

/** Reports that are for the operator of the program alone. */
const notForwarded: Readonly<Record<string, string>> = {
  'transaction.requested': 'A request for authorization is answered, not forwarded.',
  'card.notification': 'Notifications on cards are not forwarded.',
};

/**
 * The event that a report `{resource, action, body}` of a card program stands for (S-094, S-095).
 * Requests for authorization, notifications on cards, disputes and what is not known are ignored.
 */
export function mapCardProgram(payload: unknown, known: KnownOfReport = {}): SourceVerdict {
  return mapParsed(headSchema, payload, ({ resource, action }) => {
    switch (`${resource}.${action}`) {
      case 'transaction.created':
        return mapParsed(createdSchema, payload, ({ body }) => created(body, known));
      case 'transaction.updated':
        return mapParsed(updatedSchema, payload, ({ body }) => updated(body, known));
      case 'transaction.completed':
        return mapParsed(completedSchema, payload, ({ body }) => completed(body, known));
      case 'card.updated':
        return mapParsed(cardSchema, payload, ({ body }) => card(body));
      case 'user.updated':
        return mapParsed(userSchema, payload, ({ body }) => user(body, known));
      default:
        return { ignored: reasonToIgnore(resource, action) };
    }
  });
}

function reasonToIgnore(resource: string, action: string): string {
  if (resource === 'dispute') return 'Disputes are not forwarded.';
  return notForwarded[`${resource}.${action}`] ?? 'No event stands for this report.';
}

function created({ id, spend }: Created, known: KnownOfReport): SourceVerdict {
  return transaction('transaction.created', id, spend, {
    spend: {
      ...common(spend, known),
      status: spend.status,
      ...present({ declinedReason: reasonOf(spend, known), exchangeRate: rateOf(spend) }),
    },
    // A refund that is only announced moves nothing yet, and neither does a check of the card for 0.
    awaitsReceipt: spend.status === 'pending' && spend.amount > 0,
  });
}

function updated({ id, spend }: Updated, known: KnownOfReport): SourceVerdict {
  return transaction('transaction.updated', id, spend, {
    spend: {
      ...common(spend, known),
      authorizationUpdateAmount: spend.authorizationUpdateAmount,
      status: spend.status,
      ...present({ declinedReason: reasonOf(spend, known), ...enrichedOf(spend) }),
    },
    awaitsReceipt: spend.status !== 'declined' && spend.authorizationUpdateAmount !== 0,
  });
}

function completed({ id, spend }: Completed, known: KnownOfReport): SourceVerdict {
  return transaction('transaction.completed', id, spend, {
    spend: {
      ...common(spend, isForceCapture(spend, known) ? { ...known, isAuthorized: false } : known),
      status: spend.status,
      ...present({ ...enrichedOf(spend), exchangeRate: rateOf(spend) }),
    },
    awaitsReceipt: spend.amount !== heldFor(spend, known),
  });
}

/** Settled without any authorization. Programs also say so by an authorized amount of 0. */
function isForceCapture(spend: Completed['spend'], known: KnownOfReport): boolean {
  return known.isAuthorized === false || !spend.authorizedAmount;
}

/** What is held for a purchase when it is settled: the difference is what is moved then. */
function heldFor(spend: Completed['spend'], known: KnownOfReport): number {
  return isForceCapture(spend, known) ? 0 : (spend.authorizedAmount ?? 0);
}

function transaction(
  type: 'transaction.created' | 'transaction.updated' | 'transaction.completed',
  id: string,
  { cardId }: Spend,
  event: { readonly spend: EventData; readonly awaitsReceipt: boolean },
): SourceVerdict {
  return one({
    type,
    resourceType: 'transaction',
    resourceId: id,
    data: { id, type: 'spend', spend: event.spend },
    awaitsReceipt: event.awaitsReceipt,
    attributes: { ownerId: cardId },
  });
}

/** What every transaction says. Named one by one, so that nothing personal slips through. */
function common(spend: Spend, { isAuthorized }: KnownOfReport): EventData {
  return {
    amount: spend.amount,
    currency: spend.currency,
    cardId: spend.cardId,
    localAmount: spend.localAmount,
    localCurrency: spend.localCurrency,
    merchantCategoryCode: spend.merchantCategoryCode,
    merchantName: spend.merchantName,
    authorizedAt: spend.authorizedAt,
    ...present({
      merchantCity: spend.merchantCity,
      merchantCountry: spend.merchantCountry,
      merchantCategory: spend.merchantCategory,
      merchantId: spend.merchantId,
      authorizedAmount: isAuthorized === false ? undefined : spend.authorizedAmount,
    }),
  };
}

function reasonOf(
  spend: Created['spend'] | Updated['spend'],
  known: KnownOfReport,
): string | undefined {
  return spend.status === 'declined' ? (known.declinedReason ?? spend.declinedReason) : undefined;
}

function rateOf(spend: Created['spend'] | Completed['spend']): number | undefined {
  const isSame = spend.currency === spend.localCurrency.toLowerCase();
  return isSame ? undefined : (spend.exchangeRate ?? undefined);
}

const enrichedOf = (spend: Updated['spend'] | Completed['spend']) => ({
  enrichedMerchantIcon: spend.enrichedMerchantIcon,
  enrichedMerchantName: spend.enrichedMerchantName,
  enrichedMerchantCategory: spend.enrichedMerchantCategory,
});

const statusOf = {
  active: 'ACTIVE',
  locked: 'FROZEN',
  canceled: 'DELETED',
  notActivated: 'INACTIVE',
} as const;

function card({ id, last4, limit, status, tokenWallets }: CardBody): SourceVerdict {
  return one({
    type: 'card.updated',
    resourceType: 'card',
    resourceId: id,
    data: {
      id,
      last4,
      limit: { amount: limit.amount, frequency: limit.frequency },
      status: statusOf[status],
      ...present({ tokenWallets: tokenWallets?.length ? tokenWallets : undefined }),
    },
    awaitsReceipt: false,
    attributes: { ownerId: id },
  });
}

function user(body: UserBody, { credentialId }: KnownOfReport): SourceVerdict {
  if (credentialId === undefined) {
    return refuse('', 'The credential of the user of this report is not known.');
  }
  return one({
    type: 'user.updated',
    resourceType: 'user',
    resourceId: credentialId,
    data: {
      credentialId,
      applicationReason: body.applicationReason ?? '',
      applicationStatus: body.applicationStatus,
      isActive: body.isActive,
    },
    awaitsReceipt: false,
    attributes: {},
  });
}
