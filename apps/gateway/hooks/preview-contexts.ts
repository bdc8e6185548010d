import type { z } from 'zod';
import { findSample } from '../../../shared/db/queries/hook-samples.ts';
import type { Hook } from '../../../shared/db/queries/hooks.ts';
import {
  findDelivery,
  listReplayable,
  type StoredDelivery,
} from '../../../shared/db/queries/inbound-delivery-log.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { fromWireId, parseDeliveryId, toWireId } from '../../../shared/domain/ids.ts';
import { parseRequestBody } from '../../../shared/domain/request-body.ts';
import { isAdministrator } from '../../../shared/domain/permissions.ts';
import { invalid, TidegateError } from '../../../shared/errors/tidegate-error.ts';
import type { EvaluationContext } from '../../../shared/evaluator/protocol.ts';
import type { previewRequestSchema } from '../../../shared/schemas/hook-tools-api.ts';
import type { UserCaller } from '../api/caller.ts';
import { bodyKind } from './body-kind.ts';

/** A request to try a mapping on, with what it is called in the answer. */
export interface NamedContext {
  readonly of: string;
  readonly context: EvaluationContext;
}

type PreviewBody = z.output<typeof previewRequestSchema>;

/**
 * What a preview is tried on: given bodies, stored deliveries, the last ones, or else the captured
 * sample. Stored requests are customer data: they throw `permission_missing` for all but
 * administrators, and `validation_failed` when they are not there.
 */
export async function previewContexts(
  tx: TenantTx,
  caller: UserCaller,
  hook: Hook,
  request: PreviewBody,
): Promise<NamedContext[]> {
  const { samples = [], deliveryIds = [], last } = request;
  const contexts = samples.map((body, index) => ({
    of: `samples/${index}`,
    context: { body, headers: {}, query: {}, delivery: {} },
  }));
  const isStoredWanted = deliveryIds.length > 0 || last !== undefined || samples.length === 0;
  if (!isStoredWanted) return contexts;
  if (!isAdministrator(caller.role)) {
    throw new TidegateError('permission_missing', 'Only administrators see stored requests.');
  }
  for (const [index, wireId] of deliveryIds.entries()) {
    const uuid = fromWireId('delivery', wireId);
    const delivery = uuid && (await findDelivery(tx, hook.id, parseDeliveryId(uuid)));
    if (!delivery) throw invalid(`/deliveryIds/${index}`, 'The hook has no such delivery.');
    contexts.push(ofDelivery(hook, delivery, `/deliveryIds/${index}`));
  }
  if (last !== undefined) {
    const stored = await listReplayable(tx, hook.id, last);
    contexts.push(...stored.map((delivery) => ofDelivery(hook, delivery, '/last')));
  }
  if (contexts.length === 0) contexts.push(await ofSample(tx, hook));
  return contexts;
}

function ofDelivery(hook: Hook, delivery: StoredDelivery, pointer: string): NamedContext {
  const of = toWireId('delivery', delivery.id);
  const body = parseRequestBody(delivery.body ?? Buffer.alloc(0), bodyKind(hook, delivery.headers));
  if (delivery.body === null || delivery.bodyTruncatedAt !== null || !body.ok) {
    throw invalid(pointer, `${of} has no whole body that can be read.`);
  }
  const { headers, query, id, receivedAt, idempotencyKey } = delivery;
  return {
    of,
    context: {
      body: body.value,
      headers,
      query,
      delivery: { id, receivedAt: receivedAt.toISOString(), idempotencyKey },
    },
  };
}

async function ofSample(tx: TenantTx, hook: Hook): Promise<NamedContext> {
  const sample = await findSample(tx, hook.id);
  const body = sample && parseRequestBody(sample.body, bodyKind(hook, sample.headers));
  if (sample === undefined || !body?.ok) {
    throw invalid('/samples', 'There is nothing to try the mapping on: capture a sample first.');
  }
  const { headers, query } = sample;
  return { of: 'sample', context: { body: body.value, headers, query, delivery: {} } };
}
