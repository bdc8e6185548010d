import { v7 as uuidv7 } from 'uuid';
import {
  insertReplays,
  paceDeliveries,
  readMissedEvents,
  readReplaySources,
  type MissedEvent,
  type Replay,
  type ReplaySource,
} from '../../shared/db/queries/replay-sources.ts';
import type { ReplayJob } from '../../shared/db/queries/replay-jobs.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import type { Position } from '../../shared/domain/cursor.ts';
import { parseOutboundDeliveryId } from '../../shared/domain/ids.ts';
import { defaultJitter, scheduleOf } from '../../shared/domain/retry.ts';
import {
  holdReasonFor,
  makeDeliveries,
  toOutboundEvent,
} from '../../shared/outbound/publish-event.ts';
import type { Receipt } from '../../shared/signing/outbound-event.ts';

/** What a page came to. */
export interface ReplayedPage {
  /** Deliveries that were made, and ones that were passed over. */
  readonly done: number;
  readonly skipped: number;
  /** Its last row; undefined when it has none. */
  readonly reached: Position | undefined;
  readonly isLast: boolean;
}

/** Most rows of a page, and the time for which a page may schedule ahead: a pause takes effect after it. */
const rowsMax = 200;
const pageSeconds = 10;
/** One event can be missed by every endpoint of its tenant. */
const eventsMax = 50;

/** Schedules the next page of a job whose row is locked. */
export function replayNextPage(tx: TenantTx, job: ReplayJob): Promise<ReplayedPage> {
  const { status } = job.filter;
  return status === 'missing'
    ? replayMissed(tx, job)
    : replayDeliveries(tx, job, { ...job.filter, status });
}

async function replayDeliveries(
  tx: TenantTx,
  job: ReplayJob,
  filter: Parameters<typeof readReplaySources>[1],
): Promise<ReplayedPage> {
  const limit = Math.min(rowsMax, job.perSecond * pageSeconds);
  const sources = await readReplaySources(tx, filter, job.reached, limit);
  const replays = sources.flatMap(toReplay);
  const done = replays.length === 0 ? 0 : await insertReplays(tx, job, replays);
  return {
    done,
    skipped: sources.length - done,
    reached: sources.at(-1)?.position,
    isLast: sources.length < limit,
  };
}

/** Nothing where the endpoint is gone, or has been given the event once more since. */
function toReplay({ id, endpoint, isSuperseded }: ReplaySource): Replay[] {
  if (endpoint === undefined || isSuperseded) return [];
  return [
    {
      id: parseOutboundDeliveryId(uuidv7()),
      sourceId: id,
      retry: scheduleOf(endpoint.retryProfile, endpoint.retryWaitsMs, defaultJitter),
      holdReason: holdReasonFor(endpoint.status),
    },
  ];
}

async function replayMissed(tx: TenantTx, job: ReplayJob): Promise<ReplayedPage> {
  const events = await readMissedEvents(tx, job.filter, job.reached, eventsMax);
  // Their workflows start at the pace of the job, not at once.
  const quiet: TenantTx = { ...tx, outbox: { ...tx.outbox, announce: () => undefined } };
  const made = [];
  for (const event of events) {
    if (event.endpoints.length > 0) made.push(...(await makeMissed(quiet, job.id, event)));
  }
  if (made.length > 0) await paceDeliveries(tx, made, job.perSecond);
  const missed = events.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  return {
    done: made.length,
    skipped: missed - made.length,
    reached: events.at(-1)?.position,
    isLast: events.length < eventsMax,
  };
}

async function makeMissed(tx: TenantTx, replayJobId: string, event: MissedEvent) {
  const { id, occurredAt, type, endpoints } = event;
  const receipt = (event.receipt as Receipt | null) ?? undefined;
  const outgoing = toOutboundEvent(tx, id, event, occurredAt, receipt);
  const batch = {
    eventId: id,
    eventType: type,
    occurredAt,
    origin: 'replay',
    replayJobId,
  } as const;
  const deliveries = await makeDeliveries(tx, batch, outgoing, endpoints);
  return deliveries.map((delivery) => delivery.id);
}
