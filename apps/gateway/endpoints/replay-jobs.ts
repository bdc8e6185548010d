import { listEndpoints } from '../../../shared/db/queries/endpoints.ts';
import type { ReplayJob, ReplayOutcomes } from '../../../shared/db/queries/replay-jobs.ts';
import { fromWireId, toWireId } from '../../../shared/domain/ids.ts';
import type { ReplayFilter } from '../../../shared/domain/replay.ts';
import { invalid } from '../../../shared/errors/tidegate-error.ts';
import type { ReplayFilterInput, ReplayJobView } from '../../../shared/schemas/replay-api.ts';
import { ownerOf, type EndpointContext } from './visibility.ts';

/**
 * Keeps a filter to the endpoints of the user who asks, where endpoints belong to users (S-088): those of
 * others are not found, like ones that do not exist.
 */
export async function keepToOwn(
  context: EndpointContext,
  filter: ReplayFilter,
): Promise<ReplayFilter> {
  const ownerUserId = await ownerOf(context);
  if (ownerUserId === null) return filter;
  const page = { after: undefined, limit: ownedMax };
  const own = (await listEndpoints(context.tx, { ownerUserId }, page)).map(
    ({ id }) => id as string,
  );
  const endpointIds = filter.endpointIds?.filter((id) => own.includes(id)) ?? own;
  return { ...filter, endpointIds };
}

/** More than a user can have. */
const ownedMax = 100;

/** Longest range of one replay. */
const rangeMsMax = 92 * 86_400_000;

/**
 * What a caller asks to replay, as it is stored. It ends at the latest now: what the replay itself makes
 * is never replayed by it. Throws `validation_failed`.
 */
export function readReplayFilter(given: ReplayFilterInput, now: Date): ReplayFilter {
  const from = new Date(given.from);
  const to = new Date(Math.min(given.to === undefined ? Infinity : Date.parse(given.to), +now));
  if (from >= to)
    throw invalid('/filter/from', 'The range is empty: `from` is before `to`, and past.');
  if (+to - +from > rangeMsMax) throw invalid('/filter/from', 'The range is at most 92 days.');
  if (given.status === 'missing' && given.deliveryIds !== undefined) {
    throw invalid('/filter/deliveryIds', 'What is missing has no deliveries to name.');
  }
  return {
    status: given.status,
    from: from.toISOString(),
    to: to.toISOString(),
    endpointIds: uuidsOf('endpoint', given.endpointIds, '/filter/endpointIds'),
    eventTypes: given.eventTypes ?? null,
    deliveryIds: uuidsOf('outboundDelivery', given.deliveryIds, '/filter/deliveryIds'),
  };
}

function uuidsOf(
  kind: 'endpoint' | 'outboundDelivery',
  wireIds: readonly string[] | undefined,
  pointer: string,
): readonly string[] | null {
  if (wireIds === undefined) return null;
  return wireIds.map((text, index) => {
    const uuid = fromWireId(kind, text);
    if (uuid === undefined) throw invalid(`${pointer}/${index}`, 'This is not an id of that kind.');
    return uuid;
  });
}

/** A replay as the API shows it; without outcomes nothing has been scheduled yet. */
export function presentReplayJob(
  job: ReplayJob,
  outcomes: ReplayOutcomes = { open: 0, delivered: 0, failed: 0, canceled: 0 },
): ReplayJobView {
  const { filter, total, done, skipped } = job;
  return {
    id: toWireId('replayJob', job.id),
    state: job.state,
    filter: {
      status: filter.status,
      from: filter.from,
      to: filter.to,
      endpointIds: wireIdsOf('endpoint', filter.endpointIds),
      eventTypes: filter.eventTypes && [...filter.eventTypes],
      deliveryIds: wireIdsOf('outboundDelivery', filter.deliveryIds),
    },
    perSecond: job.perSecond,
    progress: { total, done, skipped, ...outcomes },
    createdBy: job.createdBy,
    createdAt: job.createdAt.toISOString(),
    updatedAt: job.updatedAt.toISOString(),
    finishedAt: job.finishedAt?.toISOString() ?? null,
  };
}

const wireIdsOf = (
  kind: 'endpoint' | 'outboundDelivery',
  uuids: readonly string[] | null,
): string[] | null => uuids && uuids.map((uuid) => toWireId(kind, uuid));
