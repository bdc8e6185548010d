import { isRefusedValue } from '../../../shared/db/pool.ts';
import {
  acceptDeliveries,
  acceptDelivery,
  type Acceptance,
  type AcceptedRequest,
} from '../../../shared/db/queries/inbound-deliveries.ts';
import type { SelfContained } from '../../../shared/db/self-contained.ts';
import type { TenantId } from '../../../shared/domain/ids.ts';

/** Commits an accepted request. Rejects when it is not known to be stored. */
export type StoreAccepted = (tenantId: TenantId, request: AcceptedRequest) => Promise<Acceptance>;

/**
 * Statements of one tenant under way at once. What comes meanwhile waits for the next one, and shares
 * its commit: the busier it is, the less each request costs, and a lone one waits for nothing.
 */
const statementsMax = 2;
/** Bounds of what shares a statement; a larger body goes alone. */
const requestsMax = 64;
const bodyBytesMax = 524_288;

interface Waiting {
  readonly request: AcceptedRequest;
  readonly resolve: (acceptance: Acceptance) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane {
  readonly waiting: Waiting[];
  statements: number;
}

/**
 * Accepts requests in shared statements. Each tenant has its own: a row that one of them waits for
 * holds up nobody else.
 */
export function makeAcceptor(deps: { readonly selfContained: SelfContained }): StoreAccepted {
  const lanes = new Map<TenantId, Lane>();

  function pump(tenantId: TenantId, lane: Lane): void {
    while (lane.statements < statementsMax && lane.waiting.length > 0) {
      const batch = takeBatch(lane.waiting);
      lane.statements += 1;
      void commit(tenantId, batch).finally(() => {
        lane.statements -= 1;
        if (lane.statements === 0 && lane.waiting.length === 0) lanes.delete(tenantId);
        else pump(tenantId, lane);
      });
    }
  }

  async function commit(tenantId: TenantId, batch: readonly Waiting[]): Promise<void> {
    const statements = deps.selfContained(tenantId);
    try {
      const requests = batch.map(({ request }) => request);
      const acceptances = await acceptDeliveries(statements, requests);
      for (const [index, { resolve, reject }] of batch.entries()) {
        const acceptance = acceptances[index];
        if (acceptance === undefined) reject(new Error('a request has no acceptance'));
        else resolve(acceptance);
      }
    } catch (error) {
      // The database took none of them because of one, which must not be the others' fault. Of any
      // other error it is not known whether they were stored.
      const isOneAtFault = batch.length > 1 && isRefusedValue(error);
      for (const { request, resolve, reject } of batch) {
        if (isOneAtFault) acceptDelivery(statements, request).then(resolve, reject);
        else reject(error);
      }
    }
  }

  return (tenantId, request) =>
    new Promise((resolve, reject) => {
      const lane = lanes.get(tenantId) ?? { waiting: [], statements: 0 };
      lanes.set(tenantId, lane);
      lane.waiting.push({ request, resolve, reject });
      pump(tenantId, lane);
    });
}

/** Takes from the line, in order, what may share a statement: bounded, and each key once. */
function takeBatch(waiting: Waiting[]): Waiting[] {
  const keys = new Set<string>();
  const batch: Waiting[] = [];
  const left: Waiting[] = [];
  let bytes = 0;
  for (const each of waiting.splice(0, requestsMax)) {
    const { id, hookId, idempotencyKey, body } = each.request;
    const name = idempotencyKey === null ? id : `${hookId} ${idempotencyKey}`;
    const isRoomLeft = batch.length === 0 || bytes + body.length <= bodyBytesMax;
    if (!isRoomLeft || keys.has(name)) {
      left.push(each);
      continue;
    }
    keys.add(name);
    bytes += body.length;
    batch.push(each);
  }
  waiting.unshift(...left);
  return batch;
}
