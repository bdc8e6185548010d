/** The outcome on a chain that some events wait for before they are sent (S-064). */
export interface Receipt {
  readonly blockNumber: number;
  readonly transactionHash: string;
}

/** An event as it leaves the house: what every body and header of a delivery is made from. */
export interface OutboundEvent {
  /** The wire id `evt_…`: one over all endpoints, attempts and replays. */
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: '1';
  /** When it happened: ISO 8601 in UTC with milliseconds. */
  readonly createdAt: string;
  readonly tenantSlug: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly receipt?: Receipt;
}

/** What headers tell of an event; the rest of it is in the body. */
export type EventMeta = Pick<OutboundEvent, 'id' | 'type' | 'schemaVersion' | 'createdAt'>;
