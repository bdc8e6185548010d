import { v7 as uuidv7 } from 'uuid';
import { findEndpoint } from '../../../shared/db/queries/endpoints.ts';
import {
  insertOutboundDeliveries,
  lockOutboundDelivery,
  settleDelivery,
  toAnnounced,
} from '../../../shared/db/queries/outbound-deliveries.ts';
import {
  hasEvent,
  type StoredOutboundDelivery,
} from '../../../shared/db/queries/outbound-delivery-log.ts';
import type { AnnouncedDelivery, TenantTx } from '../../../shared/db/tenant.ts';
import { parseOutboundDeliveryId, type OutboundDeliveryId } from '../../../shared/domain/ids.ts';
import { defaultJitter, scheduleOf } from '../../../shared/domain/retry.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';

export interface Replay {
  readonly id: OutboundDeliveryId;
  /** The old delivery where it was still retrying: its workflow is to be woken. */
  readonly ended: readonly AnnouncedDelivery[];
}

/**
 * Sends the event of a failed or retrying delivery again, as a new delivery that begins at attempt 1 with
 * the same bytes (S-051). One that is still retrying is canceled: the new one takes its place. Throws
 * `replay_refused` for other states, and when endpoint or event is gone.
 */
export async function replayDelivery(
  tx: TenantTx,
  { id: originalId }: Pick<StoredOutboundDelivery, 'id'>,
): Promise<Replay> {
  const original = await lockOutboundDelivery(tx, originalId);
  if (original === undefined) throw new TidegateError('not_found');
  if (original.status !== 'failed' && original.status !== 'retrying') {
    throw refused(
      `The delivery is ${original.status}; only failed and retrying ones are replayed.`,
    );
  }
  const endpoint = await findEndpoint(tx, original.endpointId);
  if (endpoint === undefined) throw refused('The endpoint is gone.');
  if (!(await hasEvent(tx, original.eventId))) throw refused('The event is gone.');

  const id = parseOutboundDeliveryId(uuidv7());
  const { endpointId, eventId, eventType, occurredAt, body } = original;
  const retry = scheduleOf(endpoint.retryProfile, endpoint.retryWaitsMs, defaultJitter);
  const holdReason = endpoint.status === 'active' ? null : (`endpoint_${endpoint.status}` as const);
  await insertOutboundDeliveries(
    tx,
    { eventId, eventType, occurredAt, origin: 'replay', replayedFrom: originalId },
    [{ id, endpointId, body, retry, holdReason }],
  );
  if (holdReason === null) {
    tx.outbox.announce({ tenantId: tx.tenantId, deliveryId: id, endpointId, eventType, retry });
  }
  if (original.status === 'failed') return { id, ended: [] };
  await settleDelivery(tx, originalId, { status: 'canceled' });
  const row = {
    id: originalId,
    endpoint_id: endpointId,
    event_type: eventType,
    retry: original.retry,
  };
  return { id, ended: [toAnnounced(tx.tenantId, row)] };
}

const refused = (message: string): TidegateError => new TidegateError('replay_refused', message);
