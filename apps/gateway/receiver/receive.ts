import { v7 as uuidv7 } from 'uuid';
import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import {
  insertRejectedDelivery,
  type RequestRecord,
} from '../../../shared/db/queries/inbound-deliveries.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';
import { parseDeliveryId } from '../../../shared/domain/ids.ts';
import type {
  Refusal,
  VerifiableRequest,
  Verification,
} from '../../../shared/verification/types.ts';
import { decoyVerify, verifyRequest } from '../../../shared/verification/verify.ts';
import type { AcceptVerified } from './accept.ts';
import { methodNotTaken, switchedOff, unauthorized, type Answer } from './answer.ts';
import { findHookWithKeys, type FoundHook } from './found-hook.ts';
import type { AnswerHookHandshake } from './handshake.ts';
import type { InboundRequest } from './inbound-request.ts';
import type { MayStoreRejection } from './reject-budget.ts';
import { storableParts } from './storable-request.ts';
import type { TenantDirectory } from './tenant-directory.ts';
import { verifiableRequest } from './verifiable-request.ts';

export interface ReceiverDeps {
  readonly tenants: TenantDirectory;
  readonly withTenant: WithTenant;
  readonly vault: TenantVault;
  readonly accept: AcceptVerified;
  readonly answerHandshake: AnswerHookHandshake;
  readonly mayStoreRejection: MayStoreRejection;
  /** The address senders know this installation by, without a trailing slash. */
  readonly publicUrl: () => string;
}

export type Receive = (request: InboundRequest) => Promise<Answer>;

const userAgentLengthMax = 1_024;
const dispatchingMethods = new Set(['POST', 'PUT', 'PATCH']);

/** The receiver: from raw bytes to a committed delivery and its answer (design: architecture.md). */
export function makeReceive(deps: ReceiverDeps): Receive {
  return async (request) => {
    const startedAtMs = performance.now();
    const tenant = await deps.tenants.resolve(request.tenantSlug);
    const seen = verifiableRequest(request, deps.publicUrl());
    if (tenant === undefined) {
      decoyVerify(seen);
      return refuse(request);
    }
    if (!tenant.isInboundEnabled) return switchedOff;
    const found = await deps.withTenant(tenant.id, (tx) =>
      findHookWithKeys(deps.vault, tx, request.hookSlug),
    );
    const verification = judge(found, seen);
    const handshake = found && (await deps.answerHandshake(tenant.id, found, seen, verification));
    if (handshake !== undefined) return handshake;
    if (!dispatchingMethods.has(request.method)) return methodNotTaken;
    const isProven = found?.hook.isActive === true && verification?.ok === true;
    const record = recordOf(request, found, isProven);
    if (found === undefined || !isProven) {
      if (deps.mayStoreRejection(request.clientIp)) {
        const durationMs = Math.round(performance.now() - startedAtMs);
        const refusal = refusalOf(found, verification);
        await deps.withTenant(tenant.id, (tx) =>
          insertRejectedDelivery(tx, record, refusal, durationMs),
        );
      }
      return unauthorized;
    }
    return deps.accept({
      tenantId: tenant.id,
      request,
      record: { ...record, hookId: found.hook.id },
      hook: found.hook,
      startedAtMs,
    });
  };
}

/** What is not let in takes the same work, whatever the reason (S-002). */
function judge(found: FoundHook | undefined, request: VerifiableRequest): Verification | undefined {
  if (found?.auth === undefined) {
    decoyVerify(request);
    return undefined;
  }
  const { auth, keys } = found;
  return verifyRequest({ verifier: auth.verifier, request, keys, nowMs: Date.now() });
}

function refusalOf(found: FoundHook | undefined, verification: Verification | undefined): Refusal {
  const isJudged = found?.hook.isActive === true && verification?.ok === false;
  return isJudged ? verification.refusal : 'rejected_no_auth';
}

/** A GET or HEAD is refused as if there were no such path, a dispatching method as not proven. */
function refuse(request: InboundRequest): Answer {
  return dispatchingMethods.has(request.method) ? unauthorized : methodNotTaken;
}

function recordOf(
  request: InboundRequest,
  found: FoundHook | undefined,
  isLetIn: boolean,
): RequestRecord {
  const userAgent = request.headers['user-agent'];
  return {
    id: parseDeliveryId(uuidv7()),
    hookId: found?.hook.id ?? null,
    method: request.method,
    path: request.path,
    ...storableParts(request, found?.auth?.verifier, isLetIn),
    sourceIp: request.clientIp,
    userAgent: typeof userAgent === 'string' ? userAgent.slice(0, userAgentLengthMax) : null,
  };
}
