import { setBounded } from '../../shared/domain/bounded-map.ts';
import type { DeliverySummaryView } from '../../shared/schemas/delivery-api.ts';
import type { OutboundSummaryView } from '../../shared/schemas/outbound-delivery-api.ts';
import type { Api, Query } from './api.ts';
import type { Page } from './options/list.ts';

/** What is new since the look before, oldest first. */
interface Look<Row> {
  readonly deliveries: readonly Row[];
  /** False when more came than one look reads. */
  readonly isComplete: boolean;
}

/** A list that is looked at again and again. */
export interface Feed<Row> {
  next(): Promise<Look<Row>>;
}

/** What tells a row from the others, and one state of it from the next. */
interface Place {
  readonly id: string;
  /** What the list is ordered by, newest first. */
  readonly at: string;
  readonly state: string;
}

interface FeedSource<Row> {
  readonly page: (cursor: string | undefined) => Promise<Page<Row>>;
  readonly placeOf: (row: Row) => Place;
  /** How many of those that are there already the first look gives. */
  readonly last: number;
}

const pageRows = 100;
const pagesMax = 20;
/** More than one look can find, so that nothing on its pages is taken for new twice. */
const rememberedMax = 2 * pageRows * pagesMax;

/**
 * Rows as they come and as their state changes, from the list that the API has: each look reads back
 * until a page holds one that is known.
 */
function makeFeed<Row>({ page, placeOf, last }: FeedSource<Row>): Feed<Row> {
  const stateOf = new Map<string, string>();
  // What is older than the first page was never looked at, and is not new when it moves up.
  let since = '';
  const isKnown = (row: Row): boolean => {
    const { id, at } = placeOf(row);
    return at < since || stateOf.has(id);
  };
  const isNew = (row: Row): boolean => {
    const { id, at, state } = placeOf(row);
    return stateOf.get(id) !== state && at >= since;
  };
  const remember = (rows: readonly Row[]): void => {
    for (const { id, state } of rows.map(placeOf)) setBounded(stateOf, id, state, rememberedMax);
  };

  const lookFirst = async (): Promise<Look<Row>> => {
    const { data, nextCursor } = await page(undefined);
    const oldest = data.at(-1);
    if (nextCursor !== null && oldest !== undefined) since = placeOf(oldest).at;
    remember(data);
    return { deliveries: data.slice(0, last).toReversed(), isComplete: true };
  };
  const lookAgain = async (): Promise<Look<Row>> => {
    const found: Row[] = [];
    let cursor: string | undefined;
    let isComplete = false;
    for (let pages = 0; pages < pagesMax && !isComplete; pages += 1) {
      const { data, nextCursor } = await page(cursor);
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
    // A look that failed is made again as what it was.
    async next() {
      const looked = await look();
      look = lookAgain;
      return looked;
    },
  };
}

/** Deliveries of a hook. */
export function makeDeliveryFeed(
  api: Api,
  address: string,
  { status, last }: { readonly status: string | undefined; readonly last: number },
): Feed<DeliverySummaryView> {
  return makeFeed({
    last,
    page: (cursor) => api.get(address, { status, limit: pageRows, cursor }),
    placeOf: ({ id, receivedAt, dispatchStatus }) => ({
      id,
      at: receivedAt,
      state: dispatchStatus,
    }),
  });
}

/** Outbound deliveries that a filter takes; each attempt of one is news. */
export function makeOutboundFeed(api: Api, filter: Query, last: number): Feed<OutboundSummaryView> {
  return makeFeed({
    last,
    page: (cursor) => api.get('/webhooks/deliveries', { ...filter, limit: pageRows, cursor }),
    placeOf: ({ id, createdAt, status, failureCount }) => ({
      id,
      at: createdAt,
      state: `${status} ${failureCount}`,
    }),
  });
}
