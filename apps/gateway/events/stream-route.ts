import { Readable } from 'node:stream';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  findStreamEnd,
  findStreamPosition,
  mendStreamOrder,
  readStream,
  type StreamPosition,
} from '../../../shared/db/queries/event-stream.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { fromWireId, parseEventId } from '../../../shared/domain/ids.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { requireAccess, type Authenticated } from '../api/authenticate.ts';
import { useApiConventions } from '../api/conventions.ts';
import { admit, type ApiDeps } from '../api/plugin.ts';
import { schemaOf } from '../api/route-schema.ts';
import { eventReaders } from '../api/routes/events.ts';
import { requireEvent } from './require-event.ts';
import { makeStreamSlots } from './stream-slots.ts';
import { tell } from './tell.ts';

export interface EventStreamDeps extends Pick<
  ApiDeps,
  'authenticate' | 'admitRead' | 'admitKey' | 'withTenant'
> {
  readonly eventRetentionDays: number;
}

const path = '/api/v1/events/stream';
const limits = { perProcess: 100, perTenant: 10 } as const;

/** The route as its documentation describes it. */
export const eventStream = {
  method: 'GET',
  path,
  operationId: 'streamEvents',
  tag: 'Events',
  summary: 'Server-sent events: what happens from now on, or since the event of Last-Event-ID',
  description:
    'Each message is an event as in the list, with its id. After a break, name the last one in the header Last-Event-ID, as browsers do: everything since follows, each event once.',
  ...eventReaders,
  status: 200,
  errors: ['validation_failed', 'not_found', 'event_expired', 'streams_exhausted'],
} as const;

const schema = {
  ...schemaOf(eventStream),
  headers: z.object({
    'last-event-id': z.string().max(64).optional().describe('Id of the last event that came'),
  }),
};
const documented = {
  ...schema,
  response: {
    ...(schema as { response?: object }).response,
    200: {
      description: 'Messages for as long as the connection is open',
      content: { 'text/event-stream': { schema: z.string() } },
    },
  },
};

/** The live stream of a tenant's events. A route of its own: an answer without an end is no JSON. */
export const eventStreamRoute: FastifyPluginCallback<EventStreamDeps> = (app, deps, done) => {
  useApiConventions(app);
  const takeSlot = makeStreamSlots(limits);
  const closing = new AbortController();
  // Before the server stops listening: it waits for the answers that are under way.
  app.addHook('preClose', async () => closing.abort());

  async function authorize(request: FastifyRequest): Promise<Authenticated> {
    const authenticated = await deps.authenticate(request.headers.authorization);
    requireAccess(authenticated.caller, eventReaders);
    return authenticated;
  }

  app.get(path, { schema: documented }, async (request, reply) => {
    const authenticated = await authorize(request);
    // Once a connection; what comes over it is not counted.
    await admit(deps, {}, authenticated, reply);
    const { tenantId } = authenticated.caller;
    const release = takeSlot(tenantId);
    try {
      const from = await deps.withTenant(tenantId, (tx) => startOf(tx, request, deps));
      const gone = goneSignal(reply);
      const text = tell(from, {
        read: (after, limit) => deps.withTenant(tenantId, (tx) => readStream(tx, after, limit)),
        isAllowed: () => authorize(request).then(isTrue, isStillDoubtful),
        nowMs: () => performance.now(),
        signal: AbortSignal.any([closing.signal, gone]),
      });
      const stream = Readable.from(text, { objectMode: false });
      stream.once('close', release);
      stream.once('error', (error) =>
        request.log.warn({ event: 'events.stream_broken', err: error }, 'the client comes back'),
      );
      return await reply.headers(streamHeaders).send(stream);
    } catch (error) {
      release();
      throw error;
    }
  });
  done();
};

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  // Proxies that collect an answer before they pass it on would hold it for ever.
  'x-accel-buffering': 'no',
  connection: 'close',
} as const;

/** Where a stream begins. Throws for a last event that is not known any more: what followed is not either. */
async function startOf(
  tx: TenantTx,
  request: FastifyRequest,
  { eventRetentionDays }: EventStreamDeps,
): Promise<StreamPosition> {
  await mendStreamOrder(tx);
  const wireId = request.headers['last-event-id'];
  if (typeof wireId !== 'string' || wireId === '') return findStreamEnd(tx);
  const uuid = fromWireId('event', wireId);
  const position =
    uuid === undefined ? undefined : await findStreamPosition(tx, parseEventId(uuid));
  if (position !== undefined) return position;
  await requireEvent(tx, wireId, eventRetentionDays);
  throw new TidegateError('not_found');
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

const isTrue = (): true => true;

/** Whoever may no longer hear is cut off; a database that does not answer says nothing of them. */
function isStillDoubtful(error: unknown): boolean {
  if (error instanceof TidegateError) return false;
  throw error;
}
