/**
 * Handler workflows: an engineer's own workflow code, which a hook runs for each of its deliveries.
 */

/**
 * What a handler workflow gets, spelt as senders' own documents are (S-035). The type is public API:
 * running workflows replay with it.
 */
export interface HandlerEnvelope<Body = unknown> {
  /** Slug of the hook. */
  readonly source: string;
  /** The parsed body of the request. */
  readonly body: Body;
  /** Names in lower case, without headers that carry credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** Only requests that proved their sender reach a handler. */
  readonly verified: true;
  /** The delivery in its wire form, `ind_…`. */
  readonly delivery_id: string;
  readonly idempotency_key: string | null;
  /** ISO 8601, in UTC. */
  readonly received_at: string;
}

/** What pickers and documents show of a registered workflow. */
export interface WorkflowDescription {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly description: string;
  /** JSON Schema of the body it takes. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

/** The run of a handler workflow that a delivery owns. */
export interface HandlerRun {
  /** Id of the workflow in its manifest, which is also its type in Temporal. */
  readonly workflow: string;
  readonly version: number;
  /** Id of the run in Temporal. */
  readonly workflowId: string;
}

/**
 * The run of a workflow for a delivery. Its id is made from the delivery's, so there is one run for
 * each delivery, however often it is started (S-036).
 */
export function handlerRun(workflow: string, version: number, deliveryId: string): HandlerRun {
  return { workflow, version, workflowId: `wf/${workflow}/${deliveryId}` };
}

/** The registered workflows that a tenant may see and select: its own published ones (S-038). */
export function publishedOf(
  registered: readonly WorkflowDescription[],
  publishedIds: readonly string[],
): WorkflowDescription[] {
  const published = new Set(publishedIds);
  return registered.filter(({ id }) => published.has(id));
}
