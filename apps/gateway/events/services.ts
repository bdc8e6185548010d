/** What the routes about events work with, besides the transaction of their request. */
export interface EventServices {
  /** For how long events are kept, in days. */
  readonly eventRetentionDays: number;
}
