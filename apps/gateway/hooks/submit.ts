import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import {
  acceptDelivery,
  type Origin,
  type RequestRecord,
} from '../../../shared/db/queries/inbound-deliveries.ts';
import type { StoredDelivery } from '../../../shared/db/queries/inbound-delivery-log.ts';
import type { Hook } from '../../../shared/db/queries/hooks.ts';
import { storableHeaders } from '../../../shared/domain/headers.ts';
import { parseDeliveryId, type DeliveryId } from '../../../shared/domain/ids.ts';
import { inboundWorkflowId } from '../../../shared/domain/workflow-id.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import type { testRequestSchema } from '../../../shared/schemas/delivery-api.ts';
import type { ApiContext } from '../api/route.ts';
import type { HookServices } from './services.ts';

type Context = Pick<ApiContext, 'tx' | 'caller' | 'afterCommit'>;
type Request = Pick<RequestRecord, 'method' | 'path' | 'query' | 'headers'> & {
  readonly body: Buffer;
};

/**
 * Runs the stored body of a delivery through the hook's current settings, as a delivery of its own
 * (S-050). Throws `delivery_not_replayable` where there is no whole body.
 */
export function submitReplay(
  services: HookServices,
  context: Context,
  hook: Hook,
  original: StoredDelivery,
): Promise<DeliveryId> {
  const { method, path, query, headers, body } = original;
  if (body === null || original.bodyTruncatedAt !== null) {
    throw new TidegateError('delivery_not_replayable');
  }
  const origin: Origin = { kind: 'replay', from: original.id };
  return submit(services, context, hook, { method, path, query, headers, body }, origin);
}

/** Runs a request that an administrator wrote through the hook. */
export function submitTest(
  services: HookServices,
  context: Context,
  hook: Hook,
  test: z.output<typeof testRequestSchema>,
): Promise<DeliveryId> {
  const request: Request = {
    method: 'POST',
    path: `/api/inbound/${context.caller.tenantSlug}/${hook.slug}`,
    query: test.query ?? {},
    headers: storableHeaders({ 'content-type': 'application/json', ...test.headers }),
    body: test.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(test.body)),
  };
  return submit(services, context, hook, request, { kind: 'test' });
}

/** Stores a delivery that no sender waits for, and starts it once it is committed. */
async function submit(
  services: HookServices,
  { tx, caller, afterCommit }: Context,
  hook: Hook,
  request: Request,
  origin: Origin,
): Promise<DeliveryId> {
  const id = parseDeliveryId(uuidv7());
  const names = { tenantSlug: caller.tenantSlug, hookSlug: hook.slug };
  const acceptance = await acceptDelivery(tx, {
    ...request,
    id,
    hookId: hook.id,
    sourceIp: null,
    userAgent: null,
    origin,
    bodySha256: createHash('sha256').update(request.body).digest(),
    // Done again on purpose: a key would make it a duplicate of what it repeats.
    idempotencyKey: null,
    windowSeconds: hook.idempotencyWindowSeconds,
    workflowId: inboundWorkflowId({ ...names, deliveryId: id, keyHash: null }),
    startGraceMs: services.startGraceMs,
    promisedStatus: null,
    judgedBy: null,
  });
  if (acceptance.kind !== 'accepted') throw new Error('a delivery without a key was a duplicate');
  const { workflowId } = acceptance;
  afterCommit(() => {
    void services.settle({ tenantId: tx.tenantId, deliveryId: id, workflowId }, 'start-only');
  });
  return id;
}
