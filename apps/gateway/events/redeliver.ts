import { v7 as uuidv7 } from 'uuid';
import type { LoggedEvent } from '../../../shared/db/queries/event-log.ts';
import {
  claimEndpointRedelivery,
  claimRedelivery,
  hasSentMoreThan,
  keepRedelivery,
  listMatchedIds,
  listOriginalTargets,
  redeliverPage,
  type OriginalTarget,
  type Redelivered,
  type RedeliveryPage,
} from '../../../shared/db/queries/redeliveries.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { toWireId, type EndpointId } from '../../../shared/domain/ids.ts';
import { defaultJitter, scheduleOf, type RetryProfile } from '../../../shared/domain/retry.ts';
import { TidegateError, invalid } from '../../../shared/errors/tidegate-error.ts';
import {
  newDelivery,
  storeDeliveries,
  toOutboundEvent,
} from '../../../shared/outbound/publish-event.ts';
import type { OutboundEvent } from '../../../shared/signing/outbound-event.ts';
import {
  carriesType,
  renderBody,
  type SignatureProfile,
} from '../../../shared/signing/profiles.ts';

/** For how long the same call gets the same answer (S-053). */
const sameAnswerSeconds = 300;
/** How often an endpoint is redelivered to since a moment, and how far back (S-054). */
const turnSeconds = 60;
const backMs = 7 * 86_400_000;
const pageRows = 1_000;
const pagesMax = 100;

/** Which endpoints a redelivery is for. */
export interface RedeliveryWish {
  /** One endpoint; null for all that the event went to. */
  readonly endpointId: EndpointId | null;
  /** The user whose endpoints the caller sees, or `nobody`; null where everybody sees all. */
  readonly ownerUserId: string | null;
}

/**
 * Sends an event again to one endpoint, or to all that it went to when it was published; never routes
 * it anew (S-052). Throws `endpoint_not_matched` for an endpoint that is none of those, and `not_found`
 * for one that is gone since.
 */
export async function redeliverEvent(
  tx: TenantTx,
  event: LoggedEvent,
  { endpointId, ownerUserId }: RedeliveryWish,
): Promise<readonly Redelivered[]> {
  const matched = await listMatchedIds(tx, event.id);
  if (endpointId !== null && !matched.includes(endpointId)) {
    throw new TidegateError('endpoint_not_matched');
  }
  const scope = endpointId ?? ownerUserId;
  const earlier = await claimRedelivery(tx, event.id, scope, sameAnswerSeconds);
  if (earlier !== undefined) return earlier;
  const wanted = endpointId === null ? matched : [endpointId];
  const targets = await listOriginalTargets(tx, event.id, wanted, ownerUserId);
  if (endpointId !== null && targets.length === 0) throw new TidegateError('not_found');
  const answer = await sendAgain(tx, event, targets);
  await keepRedelivery(tx, event.id, scope, answer);
  return answer;
}

async function sendAgain(
  tx: TenantTx,
  event: LoggedEvent,
  targets: readonly OriginalTarget[],
): Promise<Redelivered[]> {
  const { id, type, occurredAt, receipt } = event;
  const outgoing = toOutboundEvent(tx, id, event, occurredAt, receipt ?? undefined);
  const made = targets.flatMap(({ endpoint, body }) => {
    const bytes = body ?? renderedFor(endpoint.signatureProfile as SignatureProfile, outgoing);
    return bytes === undefined ? [] : [newDelivery(endpoint, bytes)];
  });
  const batch = { eventId: id, eventType: type, occurredAt, origin: 'redelivery' } as const;
  const stored = await storeDeliveries(tx, batch, made);
  return stored.map((delivery) => ({
    deliveryId: toWireId('outboundDelivery', delivery.id),
    endpointId: toWireId('endpoint', delivery.endpointId),
  }));
}

/** Undefined for a profile that has no body for the type: such an endpoint was never sent it. */
function renderedFor(profile: SignatureProfile, event: OutboundEvent): string | undefined {
  return carriesType(profile, event.type) ? renderBody(profile, event) : undefined;
}

/** What a redelivery needs to know of its endpoint. */
export interface RedeliveryTarget {
  readonly id: EndpointId;
  readonly retryProfile: RetryProfile;
  readonly retryWaitsMs: readonly number[] | null;
}

export interface RedeliveredSince {
  readonly scheduled: number;
  readonly skippedAlreadyPending: number;
}

/**
 * Sends an endpoint again what it was sent since a moment, but for what is still under way. Throws
 * `validation_failed` for a moment more than 7 days back, `redelivered_lately` within a minute of the
 * call before, and `redelivery_too_large` for more than 100,000 deliveries, in which case nothing is
 * written: such a call does not use up the minute.
 */
export async function redeliverSince(
  tx: TenantTx,
  endpoint: RedeliveryTarget,
  since: string,
): Promise<RedeliveredSince> {
  if (Date.parse(since) < Date.now() - backMs) {
    throw invalid('/since', 'This is more than 7 days back.');
  }
  const waitSeconds = await claimEndpointRedelivery(tx, endpoint.id, turnSeconds);
  if (waitSeconds !== undefined) {
    throw new TidegateError('redelivered_lately', undefined, { retryAfterSeconds: waitSeconds });
  }
  // Before the first page, so that a refusal does not cost a hundred pages that are rolled back.
  if (await hasSentMoreThan(tx, endpoint.id, since, pagesMax * pageRows)) {
    throw new TidegateError('redelivery_too_large');
  }
  const retry = scheduleOf(endpoint.retryProfile, endpoint.retryWaitsMs, defaultJitter);
  let scheduled = 0;
  let skippedAlreadyPending = 0;
  let after: RedeliveryPage['after'];
  for (let page = 0; page <= pagesMax; page += 1) {
    const ids = Array.from({ length: pageRows }, () => uuidv7());
    const place = { endpointId: endpoint.id, since, after, rowsMax: pageRows };
    const done = await redeliverPage(tx, { ...place, made: scheduled, retry }, ids);
    scheduled += done.scheduled;
    skippedAlreadyPending += done.skipped;
    if (done.seen < pageRows) return { scheduled, skippedAlreadyPending };
    after = done.last;
  }
  // Others have committed older ones meanwhile.
  throw new TidegateError('redelivery_too_large');
}
