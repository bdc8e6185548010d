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
    next: 'Repeat the request after Retry-After seconds. An idempotency key keeps it from being taken twice, should only the answer of the database have been lost.',
  },
  validation_failed: {
    status: 400,
    retryable: false,
    title: 'The request does not have the documented form',
    next: 'Correct the members that `details` points at; /docs shows the form of every request.',
  },
  cursor_invalid: {
    status: 400,
    retryable: false,
    title: 'The cursor is not one that this list gave out',
    next: 'Start again without a cursor, or pass `nextCursor` of the page before, unchanged.',
  },
  idempotency_key_invalid: {
    status: 400,
    retryable: false,
    title: 'The Idempotency-Key has no characters or more than 255',
    next: 'Send a key of 1 to 255 visible ASCII characters, a new one for each request that is meant anew.',
  },
  unauthenticated: {
    status: 401,
    retryable: false,
    title: 'The request carries no token that is known',
    next: 'Send `Authorization: Bearer tgu_…` with a token that has not been revoked.',
  },
  token_expired: {
    status: 403,
    retryable: false,
    title: 'The token has expired, or its user is switched off',
    next: 'Have an administrator make a new token, or switch the user on.',
  },
  permission_missing: {
    status: 403,
    retryable: false,
    title: 'The user may not do this',
    next: 'The message names the permission. An owner or administrator of the tenant can grant it.',
  },
  scope_missing: {
    status: 403,
    retryable: false,
    title: 'The automation credential lacks the scope',
    next: 'Make a credential with the scope that `message` names. Scopes are fixed when a credential is made.',
  },
  credential_disabled: {
    status: 403,
    retryable: false,
    title: 'The automation credential is disabled',
    next: 'Enable it, or use another one.',
  },
  credential_expired: {
    status: 403,
    retryable: false,
    title: 'The automation credential has expired',
    next: 'Make a new one. The expiry of a credential cannot be moved.',
  },
  credential_lapsed: {
    status: 409,
    retryable: false,
    title: 'The automation credential has expired, and nothing makes it work again',
    next: 'Make a new one with the same scopes, then remove this one.',
  },
  slug_taken: {
    status: 409,
    retryable: false,
    title: 'Another hook of the tenant has this slug',
    next: 'Choose another slug, or change the hook that has it.',
  },
  email_taken: {
    status: 409,
    retryable: false,
    title: 'Another user of the tenant has this e-mail address',
    next: 'Change that user, or choose another address.',
  },
  last_owner: {
    status: 409,
    retryable: false,
    title: 'A tenant keeps at least one active owner',
    next: 'Make another user owner first.',
  },
  hook_inactive: {
    status: 409,
    retryable: false,
    title: 'The hook is switched off',
    next: 'Set `isActive` to true, then repeat the request.',
  },
  nothing_to_rotate: {
    status: 409,
    retryable: false,
    title: 'The hook has no secret of this name',
    next: 'A hook that is proven by addresses alone has nothing to rotate; otherwise name one of its slots.',
  },
  delivery_not_replayable: {
    status: 409,
    retryable: false,
    title: 'The delivery has no complete body to replay',
    next: 'Only verified deliveries keep their body, and only until retention cuts it. Ask the sender to send it again.',
  },
  idempotency_in_progress: {
    status: 409,
    retryable: true,
    title: 'The first request with this Idempotency-Key is still running',
    next: 'Repeat the request after Retry-After seconds to get its answer.',
  },
  method_not_allowed: {
    status: 405,
    retryable: false,
    title: 'This address does not have the method',
    next: 'Use one of the methods that the header `Allow` names; /docs has every request.',
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    title: 'The API takes JSON only',
    next: 'Send the body with `content-type: application/json`.',
  },
  idempotency_mismatch: {
    status: 422,
    retryable: false,
    title: 'The Idempotency-Key was used with another request',
    next: 'Use a new key for a new request; repeat a request byte for byte to get its answer again.',
  },
  rate_limited: {
    status: 429,
    retryable: true,
    title: 'The hook takes no more requests at this moment',
    next: 'Repeat the request after Retry-After seconds, or raise `rateLimitPerMinute` of the hook. The body is kept on the failed delivery.',
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
  maintenance_failed: {
    status: 500,
    retryable: true,
    title: 'A maintenance job could not finish',
    next: 'Read which job failed and why in the failed run of the workflow maintenance. The next run of its schedule tries again.',
  },
  workflow_unknown: {
    status: 500,
    retryable: false,
    title: 'The hook names a workflow that is not registered',
    next: 'Choose a registered workflow, or load the extension that defines it and start the gateway anew, then replay the delivery.',
  },
  workflow_unpublished: {
    status: 500,
    retryable: false,
    title: 'The hook names a workflow that the tenant has not published',
    next: 'Publish the workflow, or choose another one, then replay the delivery.',
  },
  workflow_input_refused: {
    status: 500,
    retryable: false,
    title: 'The schema of the workflow refused the body',
    next: 'Read the field and the reason on the delivery. Correct what the sender sends or the schema of the workflow, then replay the delivery.',
  },
  workflow_input_too_large: {
    status: 500,
    retryable: false,
    title: 'Body and headers are larger than a workflow can take',
    next: 'Have the sender send less, such as a reference to the document. A hook that runs an action takes larger bodies.',
  },
  start_refused: {
    status: 500,
    retryable: false,
    title: 'Temporal refused to start the workflow',
    next: 'Read the reason on the delivery; search attributes that are not registered and limits of the server are common ones. Correct it, then replay the delivery.',
  },
  step_reused: {
    status: 500,
    retryable: false,
    title: 'A workflow asked for two different effects under the name of one step',
    next: 'Give each runAction of the workflow a step of its own. A loop puts its index or key into the name.',
  },
  run_unknown: {
    status: 500,
    retryable: false,
    title: 'An action was asked for by a run that belongs to no delivery',
    next: 'Call runAction in the workflow that the hook started, not in its children, and start handler workflows through a hook only.',
  },
  attempts_exhausted: {
    status: 500,
    retryable: false,
    title: 'The endpoint did not take the delivery in any of its attempts',
    next: 'Read the answers on the attempts of the delivery, mend the receiver, then replay the delivery.',
  },
  address_refused: {
    status: 500,
    retryable: false,
    title: 'The address of the endpoint is not one that may be called',
    next: 'Give the endpoint an https URL whose name resolves to public addresses only, then replay the delivery. docs/address-safety.md says what is refused.',
  },
  endpoint_gone: {
    status: 500,
    retryable: false,
    title: 'The receiver said that it is gone, or that it wants no more',
    next: 'The endpoint is disabled. Enable it when the receiver is back, then replay the delivery.',
  },
  delivery_refused: {
    status: 500,
    retryable: false,
    title: 'The receiver asked not to be sent this delivery again',
    next: 'Ask the owner of the receiver why it answered with `webhook-delivery: abort-message`; replay the delivery when that has changed.',
  },
  endpoint_deleted: {
    status: 500,
    retryable: false,
    title: 'The endpoint was deleted before the delivery was made',
    next: 'Nothing is sent to an endpoint that is gone. Publish or redeliver the event to another one.',
  },
  secret_unreadable: {
    status: 500,
    retryable: false,
    title: 'The endpoint has no secret that its deliveries can be signed with',
    next: 'Rotate the secret of the endpoint with a grace of 0, give the receiver the new one, then replay the delivery. If many endpoints fail so, check TIDEGATE_MASTER_KEYS.',
  },
  endpoint_limit_reached: {
    status: 409,
    retryable: false,
    title: 'There are as many endpoints as may be',
    next: 'Delete an endpoint that is not needed. A tenant has at most 50, and a user 5 where endpoints belong to users.',
  },
  name_taken: {
    status: 409,
    retryable: false,
    title: 'Another endpoint of the tenant has this name',
    next: 'Choose another name, or change the endpoint that has it.',
  },
  endpoint_disabled: {
    status: 409,
    retryable: false,
    title: 'The endpoint is disabled',
    next: 'Read `disabledReason`, mend the receiver, then enable the endpoint.',
  },
  cooling_down: {
    status: 409,
    retryable: true,
    title: 'The endpoint was disabled automatically less than five minutes ago',
    next: 'Mend the receiver, then enable the endpoint after Retry-After seconds.',
  },
  delivery_settled: {
    status: 409,
    retryable: false,
    title: 'The delivery is done: delivered, failed or canceled',
    next: 'Nothing more happens to it. A failed delivery can be replayed.',
  },
  replay_refused: {
    status: 409,
    retryable: false,
    title: 'This delivery cannot be replayed',
    next: 'Only failed and retrying deliveries are replayed, while their endpoint and their event exist. The message says which of these is missing.',
  },
  too_many_requests: {
    status: 429,
    retryable: true,
    title: 'The caller has asked too often within a minute',
    next: 'Ask again after Retry-After seconds. An automation credential asks 60 times a minute, and all of a tenant 120 times, or what TIDEGATE_KEY_REQUESTS_PER_MINUTE and TIDEGATE_TENANT_REQUESTS_PER_MINUTE say; a user reads endpoints and deliveries 60 times; TIDEGATE_REQUESTS_PER_MINUTE_PER_ADDRESS is what an address may ask.',
  },
  event_expired: {
    status: 410,
    retryable: false,
    title: 'The event is older than events are kept',
    next: 'Nothing brings it back. Deliveries that were made of it stay in the log for 90 days, and can be replayed there.',
  },
  automation_disabled: {
    status: 403,
    retryable: false,
    title:
      'The tenant’s automation is switched off: it records no events and takes no automation credentials',
    next: 'Have the operator of the installation switch on `automationEnabled` of the tenant.',
  },
  receipt_not_awaited: {
    status: 409,
    retryable: false,
    title: 'The event awaits no receipt',
    next: 'Publish it with `awaitsReceipt`, and give it one receipt. One that came before its event can be sent again.',
  },
  endpoint_not_matched: {
    status: 409,
    retryable: false,
    title: 'The event did not go to this endpoint when it was published',
    next: 'An event is redelivered only to endpoints that matched it then. A replay job can send events that an endpoint has never had.',
  },
  redelivered_lately: {
    status: 429,
    retryable: true,
    title: 'The endpoint was redelivered to less than a minute ago',
    next: 'Repeat the request after Retry-After seconds.',
  },
  redelivery_too_large: {
    status: 409,
    retryable: false,
    title: 'More events than one redelivery takes',
    next: 'Name a later `since`, or start a replay job, which takes any number. Nothing was sent.',
  },
  event_type_taken: {
    status: 409,
    retryable: false,
    title: 'The tenant has an event type of this name',
    next: 'Choose another name, or replace the schema of the type that has it.',
  },
  event_type_limit_reached: {
    status: 409,
    retryable: false,
    title: 'There are as many event types as may be',
    next: 'Remove a type that is not needed. A tenant has at most 200 of its own.',
  },
  streams_exhausted: {
    status: 429,
    retryable: true,
    title: 'As many streams are open as may be',
    next: 'Close a stream that is not needed, or try again after Retry-After seconds. A tenant has at most 10 at a gateway.',
  },
  expired: {
    status: 500,
    retryable: false,
    title: 'The delivery was held for longer than deliveries are kept',
    next: 'Enable or resume the endpoint, then replay the delivery. TIDEGATE_DELIVERY_RETENTION_DAYS says how long deliveries are kept.',
  },
  rotation_not_running: {
    status: 409,
    retryable: false,
    title: 'No rotation of the endpoint is running',
    next: 'Nothing signs beside the current secret. Rotate the secret first, with a grace of more than 0 seconds.',
  },
  secret_kind_refused: {
    status: 409,
    retryable: false,
    title: 'The signature profile of the endpoint cannot sign with a secret of that kind',
    next: 'Leave `kind` out, or choose another signature profile for the endpoint first.',
  },
  replay_settled: {
    status: 409,
    retryable: false,
    title: 'The replay is in no state for that',
    next: 'A running replay can be paused or canceled, a paused one resumed or canceled. Start a new one to replay more.',
  },
  not_on_board: {
    status: 409,
    retryable: false,
    title: 'The board of the ticket has nothing that stands for this status or priority',
    next: 'Set one that the board has a row for. A row of a board stands for what its category or level says.',
  },
  claim_required: {
    status: 409,
    retryable: false,
    title: 'The credential holds no live claim of the conversation',
    next: 'Claim the conversation, read what was written meanwhile, then decide anew what to do.',
  },
  claim_held: {
    status: 409,
    retryable: true,
    title: 'Somebody else holds the claim of the conversation',
    next: 'Leave the conversation to them, or try again once `claim` of the conversation is null.',
  },
  conversation_not_open: {
    status: 409,
    retryable: false,
    title: 'The conversation is closed or snoozed',
    next: 'Only open conversations are claimed. Open it first, or leave it: it opens when the visitor writes.',
  },
  claims_unavailable: {
    status: 503,
    retryable: true,
    title: 'The claim was not granted in time, and will not be',
    next: 'Repeat the request after Retry-After seconds. If it goes on, see that a worker runs and that Temporal can be reached: /readyz tells both.',
  },
  visitor_missing: {
    status: 409,
    retryable: false,
    title: 'The conversation belongs to no visitor',
    next: 'Only the visitor of a conversation is received from. Send a message as an agent instead.',
  },
  slugs_exhausted: {
    status: 409,
    retryable: false,
    title: 'A hundred others of the tenant have the same name, and every slug of it is taken',
    next: 'Choose another title for the article, or another name for the collection.',
  },
  collection_cycle: {
    status: 409,
    retryable: false,
    title: 'A collection cannot stand in itself',
    next: 'Choose a parent that is neither the collection nor anywhere under it, or null to make it a root.',
  },
  collection_not_empty: {
    status: 409,
    retryable: false,
    title: 'The collection holds other collections or articles',
    next: 'Move or delete what it holds first.',
  },
  outbound_message_state: {
    status: 409,
    retryable: false,
    title: 'The outbound message is in no state for that',
    next: 'A draft or paused message can be activated, an active one paused. An archived one stays as it is.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;
