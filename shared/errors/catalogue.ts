/**
 * Every error Tidegate can answer or record, in one table.
 *
 * `status` is the HTTP status an API answer carries. `retryable` says whether the same request can
 * succeed later without a change by the caller; it also decides whether an activity is tried again.
 * `next` tells the reader what to do about it. docs/errors.md is generated from this table.
 */
export interface CatalogueEntry {
  readonly status: number;
  readonly retryable: boolean;
  readonly title: string;
  readonly next: string;
}

export const errorCatalogue = {
  invalid_json: {
    status: 400,
    retryable: false,
    title: 'The body is not valid UTF-8 JSON',
    next: 'Send a JSON document, or an empty body. The raw bytes are kept on the failed delivery.',
  },
  mapping_failed: {
    status: 400,
    retryable: false,
    title: 'The mapping of the hook could not be applied to the body',
    next: 'Read the field and the reason on the delivery, correct the mapping of the hook, then replay the delivery.',
  },
  dispatch_failed: {
    status: 500,
    retryable: true,
    title: 'The action or workflow of the hook refused the delivery',
    next: 'Read the code and the reason on the delivery. The sender may repeat the request: a failed delivery frees its idempotency key.',
  },
  payload_too_large: {
    status: 413,
    retryable: false,
    title: 'The body is larger than the ceiling',
    next: 'Send a smaller body, or raise TIDEGATE_BODY_LIMIT_BYTES.',
  },
  unavailable: {
    status: 503,
    retryable: true,
    title: 'The database cannot be reached or is overloaded',
    next: 'Repeat the request after Retry-After seconds. Nothing was stored.',
  },
  not_found: {
    status: 404,
    retryable: false,
    title: 'There is nothing under this address',
    next: 'Check the path and the id. Ids of other tenants answer alike.',
  },
  internal: {
    status: 500,
    retryable: true,
    title: 'An unexpected error',
    next: 'Look up the request id in the log of the gateway.',
  },
  LOOKUP_MISS: {
    status: 500,
    retryable: true,
    title: 'An external id is not known to the hook',
    next: 'Create the entity through the same hook first, or correct the mapped id, then replay the delivery.',
  },
  VALIDATION_ERROR: {
    status: 500,
    retryable: false,
    title: 'The action refused a value',
    next: 'Read the field and the reason on the delivery, correct the mapping, then replay the delivery.',
  },
  hook_deleted: {
    status: 500,
    retryable: false,
    title: 'The hook was deleted before the delivery was dispatched',
    next: 'Nothing to do. The delivery stays visible.',
  },
  handler_unknown: {
    status: 500,
    retryable: false,
    title: 'The hook names an action that is not registered',
    next: 'Choose an action of the catalogue, or load the extension that defines it, then replay the delivery.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;
