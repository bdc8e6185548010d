import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import {
  commandReplayJob,
  findReplayJob,
  insertReplayJob,
  listReplayJobs,
  readReplayOutcomes,
  type ReplayJob,
} from '../../../../shared/db/queries/replay-jobs.ts';
import { countReplayable } from '../../../../shared/db/queries/replay-sources.ts';
import { decodeCursor, pageOf } from '../../../../shared/domain/cursor.ts';
import { fromWireId, type TenantId } from '../../../../shared/domain/ids.ts';
import { replayVerbs, type ReplayCommand } from '../../../../shared/domain/replay.ts';
import { TidegateError } from '../../../../shared/errors/tidegate-error.ts';
import { cursorSchema, dataOf, limitSchema, listOf } from '../../../../shared/schemas/common.ts';
import {
  countReplaySchema,
  newReplaySchema,
  replayCountSchema,
  replayJobSchema,
  type ReplayJobView,
} from '../../../../shared/schemas/replay-api.ts';
import { keepToOwn, presentReplayJob, readReplayFilter } from '../../endpoints/replay-jobs.ts';
import { isVisible, ownerOf, type EndpointContext } from '../../endpoints/visibility.ts';
import { audit } from '../audit.ts';
import { userIdOf } from '../caller.ts';
import { defineSharedRoute, type ApiRoute } from '../route.ts';
import { endpointAccess, endpointsPath } from './endpoints.ts';

export interface ReplayServices {
  /** Starts or tells the run of a replay, after the commit; what it misses a job does later. */
  readonly noteReplay: (tenantId: TenantId, jobId: string) => void;
}

const tag = 'Replays';
const path = `${endpointsPath}/replay-jobs`;
const replayParams = z.object({ id: z.string().max(64) });

/** Replays in bulk, each a durable run with a row that says how far it is. */
export function replayJobRoutes(services: ReplayServices): readonly ApiRoute[] {
  const command = (verb: ReplayCommand, summary: string): ApiRoute =>
    defineSharedRoute({
      method: 'POST',
      path: `${path}/:id/${verb}`,
      operationId: `${verb}ReplayJob`,
      tag,
      summary,
      ...endpointAccess,
      params: replayParams,
      status: 200,
      response: dataOf(replayJobSchema),
      errors: ['replay_settled'],
      async handle(context) {
        const { tx, params } = context;
        const { id } = await requireReplayJob(context, params.id);
        const job = await commandReplayJob(tx, id, verb);
        if (job === undefined) throw new TidegateError('replay_settled');
        await auditReplay(context, replayVerbs[verb], id);
        context.afterCommit(() => services.noteReplay(tx.tenantId, id));
        return { data: await present(context, job) };
      },
    });

  return [
    defineSharedRoute({
      method: 'GET',
      path,
      operationId: 'listReplayJobs',
      tag,
      summary: 'The replays of the tenant, newest first',
      ...endpointAccess,
      query: z.object({ limit: limitSchema(20), cursor: cursorSchema }),
      status: 200,
      response: listOf(replayJobSchema),
      errors: ['cursor_invalid'],
      async handle(context) {
        const {
          tx,
          query: { limit, cursor },
        } = context;
        const after = cursor === undefined ? undefined : decodeCursor(cursor);
        const { rows, ...page } = pageOf(
          await listReplayJobs(tx, await ownerOf(context), { after, limit }),
          limit,
        );
        const outcomes = await readReplayOutcomes(
          tx,
          rows.map(({ id }) => id),
        );
        return { data: rows.map((job) => presentReplayJob(job, outcomes.get(job.id))), ...page };
      },
    }),
    defineSharedRoute({
      method: 'POST',
      path: `${path}/count`,
      operationId: 'countReplay',
      tag,
      summary: 'How much a replay would come to; nothing is sent',
      ...endpointAccess,
      body: countReplaySchema,
      status: 200,
      response: replayCountSchema,
      async handle(context) {
        const filter = readReplayFilter(context.body.filter, new Date());
        return { matched: await countReplayable(context.tx, await keepToOwn(context, filter)) };
      },
    }),
    defineSharedRoute({
      method: 'POST',
      path,
      operationId: 'createReplayJob',
      tag,
      summary: 'Send deliveries again, or events that an endpoint has missed',
      description:
        'Takes the last delivery of each event to each endpoint, to the same bytes. The job goes on by itself, also over a restart.',
      ...endpointAccess,
      body: newReplaySchema,
      status: 202,
      response: dataOf(replayJobSchema),
      async handle(context) {
        const { tx, caller, body } = context;
        const filter = await keepToOwn(context, readReplayFilter(body.filter, new Date()));
        const id = uuidv7();
        const job = await insertReplayJob(tx, {
          id,
          filter,
          perSecond: body.perSecond,
          total: await countReplayable(tx, filter),
          createdBy: userIdOf(caller),
        });
        await auditReplay(context, 'started', id, { status: filter.status, total: job.total });
        context.afterCommit(() => services.noteReplay(tx.tenantId, id));
        return { data: presentReplayJob(job, undefined) };
      },
    }),
    defineSharedRoute({
      method: 'GET',
      path: `${path}/:id`,
      operationId: 'readReplayJob',
      tag,
      summary: 'One replay: how far it is, and what became of its deliveries',
      ...endpointAccess,
      params: replayParams,
      status: 200,
      response: dataOf(replayJobSchema),
      async handle(context) {
        const job = await requireReplayJob(context, context.params.id);
        return { data: await present(context, job) };
      },
    }),
    command('pause', 'Schedule nothing more until it is resumed'),
    command('resume', 'Go on where it was paused'),
    command('cancel', 'Schedule nothing more; what was scheduled is still sent'),
  ];
}

/** The job under a wire id. Throws `not_found`, also for one that is another user's. */
async function requireReplayJob(context: EndpointContext, wireId: string): Promise<ReplayJob> {
  const uuid = fromWireId('replayJob', wireId);
  const job = uuid === undefined ? undefined : await findReplayJob(context.tx, uuid);
  const owner = await ownerOf(context);
  if (job === undefined || !isVisible({ ownerUserId: job.createdBy }, owner)) {
    throw new TidegateError('not_found');
  }
  return job;
}

async function present({ tx }: EndpointContext, job: ReplayJob): Promise<ReplayJobView> {
  return presentReplayJob(job, (await readReplayOutcomes(tx, [job.id])).get(job.id));
}

const auditReplay = (
  context: EndpointContext,
  verb: string,
  jobId: string,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> =>
  audit(context, {
    action: `replay.${verb}`,
    resourceType: 'replay',
    resourceId: jobId,
    details,
  });
