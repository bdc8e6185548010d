import { setBounded } from '../../shared/domain/bounded-map.ts';
import type { DeliverySummaryView } from '../../shared/schemas/delivery-api.ts';
import type { Api } from './api.ts';
import type { Page } from './options/list.ts';

/** What is new since the look before, oldest first. */
interface Look {
  readonly deliveries: readonly DeliverySummaryView[];
  /** False when more came than one look reads. */
  readonly isComplete: boolean;
}

interface FeedOptions {
  readonly status: string | undefined;
  /** How many of those that are there already the first look gives. */
  readonly last: number;
}

const pageRows = 100;
const pagesMax = 20;
/** More than one look can find, so that nothing on its pages is taken for new twice. */
const rememberedMax = 2 * pageRows * pagesMax;

/**
 * Deliveries of a hook as they come and as their state changes, from the list that the API has: each
 * look reads back until a page holds one that is known.
 */
export function makeDeliveryFeed(
  api: Api,
  address: string,
  { status, last }: FeedOptions,
): { next(): Promise<Look> } {
  const stateOf = new Map<string, string>();
  // What is older than the first page was never looked at, and is not new when it moves up.
  let since = '';
  const isKnown = ({ id, receivedAt }: DeliverySummaryView): boolean =>
    receivedAt < since || stateOf.has(id);
  const isNew = (delivery: DeliverySummaryView): boolean =>
    stateOf.get(delivery.id) !== delivery.dispatchStatus && delivery.receivedAt >= since;
  const pageAfter = (cursor: string | undefined): Promise<Page<DeliverySummaryView>> =>
    api.get(address, { status, limit: pageRows, cursor });
  const remember = (deliveries: readonly DeliverySummaryView[]): void => {
    for (const { id, dispatchStatus } of deliveries) {
      setBounded(stateOf, id, dispatchStatus, rememberedMax);
    }
  };

  const lookFirst = async (): Promise<Look> => {
    const { data, nextCursor } = await pageAfter(undefined);
    if (nextCursor !== null) since = data.at(-1)?.receivedAt ?? '';
    remember(data);
    return { deliveries: data.slice(0, last).toReversed(), isComplete: true };
  };
  const lookAgain = async (): Promise<Look> => {
    const found: DeliverySummaryView[] = [];
    let cursor: string | undefined;
    let isComplete = false;
    for (let pages = 0; pages < pagesMax && !isComplete; pages += 1) {
      const { data, nextCursor } = await pageAfter(cursor);
      found.push(...data.filter(isNew));
      isComplete = nextCursor === null || data.some(isKnown);
      cursor = nextCursor ?? undefined;
    }
    const deliveries = found.toReversed();
    remember(deliveries);
    return { deliveries, isComplete };
  };

  let look = lookFirst;
  return {
    next() {
      const current = look;
      look = lookAgain;
      return current();
    },
  };
}
