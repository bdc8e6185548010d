import { eventExists } from '../../shared/db/queries/event-log.ts';
import { isRefusedValue } from '../../shared/db/pool.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import type { BuiltInWorkflowId } from '../../shared/domain/built-in-workflow.ts';
import {
  fromWireId,
  parseEventId,
  toWireId,
  type DeliveryId,
  type EventId,
} from '../../shared/domain/ids.ts';
import type { FailedOutcome, SourceOutcome } from '../../shared/domain/outcome.ts';
import type { NewSourceEvent } from '../../shared/events/sources/source-event.ts';
import { recordedAttributes } from '../../shared/outbound/event-attributes.ts';
import { publishEvent } from '../../shared/outbound/publish-event.ts';
import type { SourceReading } from './built-in.ts';
import { giveReceipt } from './give-receipt.ts';
import { recordInboxMessage } from './record-inbox-message.ts';

/** A report as it came in through a hook. */
export interface ReceivedReport {
  readonly source: BuiltInWorkflowId;
  readonly hookSlug: string;
  readonly deliveryId: DeliveryId;
  readonly reading: SourceReading;
}

/** Ids of other systems are short; a longer one is no id, and no index takes it. */
const resourceIdCharactersMax = 200;

/**
 * Records what a report stands for, in the transaction of its delivery's outcome: the events of a
 * report exist exactly when it counts as dispatched (S-098).
 */
export async function recordReport(
  tx: TenantTx,
  report: ReceivedReport,
): Promise<SourceOutcome | FailedOutcome> {
  tx.ahead({ text: 'savepoint report' });
  const outcome = await record(tx, report).catch(refusedByDatabase);
  if (outcome.status === 'failed') await tx.query({ text: 'rollback to savepoint report' });
  return outcome;
}

async function record(
  tx: TenantTx,
  { source, hookSlug, deliveryId, reading }: ReceivedReport,
): Promise<SourceOutcome | FailedOutcome> {
  const done = (events: readonly string[], ignored?: string): SourceOutcome => ({
    status: 'dispatched',
    source,
    events,
    ...(ignored !== undefined && { ignored }),
  });
  if ('ignored' in reading) return done([], reading.ignored);
  if ('refused' in reading) return refuse(reading.refused.field, reading.refused.message);
  if ('receipt' in reading) {
    const given = await giveReceipt(tx, reading.receipt);
    return 'status' in given ? given : done(given.events, given.ignored);
  }
  if ('message' in reading) {
    return recordInboxMessage(tx, { source, hookSlug, deliveryId }, reading.message);
  }
  const ids: string[] = [];
  for (const event of reading.events) {
    if (event.resourceId.length > resourceIdCharactersMax) {
      return refuse('', `An id has at most ${resourceIdCharactersMax} characters.`);
    }
    const id = await publish(tx, deliveryId, event);
    if (id === undefined) return done([], 'The tenant records no events.');
    ids.push(toWireId('event', id));
  }
  return done(ids);
}

/** The id of the event, also when it was recorded before; undefined when the tenant records none. */
async function publish(
  tx: TenantTx,
  deliveryId: DeliveryId,
  event: NewSourceEvent,
): Promise<EventId | undefined> {
  const { type, resourceType, resourceId, data, awaitsReceipt } = event;
  const given = event.id === undefined ? undefined : fromWireId('event', event.id);
  const id = given === undefined ? undefined : parseEventId(given);
  const published = await publishEvent(tx, {
    ...(id !== undefined && { id }),
    type,
    objectType: resourceType,
    objectId: resourceId,
    deliveryId,
    data,
    attributes: recordedAttributes({ resourceType, resourceId, data }, event.attributes),
    awaitsReceipt,
  });
  if (published !== undefined) return published.id;
  return id !== undefined && (await eventExists(tx, id)) ? id : undefined;
}

function refuse(field: string, message: string): FailedOutcome {
  return { status: 'failed', code: 'mapping_failed', ...(field !== '' && { field }), message };
}

function refusedByDatabase(error: unknown): FailedOutcome {
  if (!isRefusedValue(error)) throw error;
  return refuse('', `Not stored: ${(error as Error).message}.`);
}
