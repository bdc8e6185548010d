/** A request to the receiver, free of any web framework. */
export interface InboundRequest {
  readonly tenantSlug: string;
  readonly hookSlug: string;
  /** Upper case. */
  readonly method: string;
  /** As in the request line, without the query. */
  readonly path: string;
  /** As in the request line, after the question mark; empty without one. */
  readonly rawQuery: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values in turns, as they came in. */
  readonly rawHeaders: readonly string[];
  readonly clientIp: string | null;
  readonly body: Buffer;
}
