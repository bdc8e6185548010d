import { v7 as uuidv7 } from 'uuid';
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
import { decoyVerify, verifyTrusted } from '../../../shared/verification/verify.ts';
import type { AcceptVerified } from './accept.ts';
import { methodNotTaken, switchedOff, unauthorized, type Answer } from './answer.ts';
import type { FoundHook } from './found-hook.ts';
import type { AnswerHookHandshake } from './handshake.ts';
import type { HookDirectory } from './hook-directory.ts';
import type { InboundRequest } from './inbound-request.ts';
import type { MayStoreRejection } from './reject-budget.ts';
import type { RightOfWay } from './right-of-way.ts';
import { storableParts } from './storable-request.ts';
import type { TenantDirectory } from './tenant-directory.ts';
import { verifiableRequest } from './verifiable-request.ts';

export interface ReceiverDeps {
  readonly tenants: TenantDirectory;
  readonly withTenant: WithTenant;
  readonly hooks: HookDirectory;
  readonly accept: AcceptVerified;
  readonly answerHandshake: AnswerHookHandshake;
  readonly mayStoreRejection: MayStoreRejection;
  readonly way: RightOfWay;
  /** The address senders know this installation by, without a trailing slash. */
  readonly publicUrl: () => string;
}

export type Receive = (request: InboundRequest) => Promise<Answer>;

const userAgentLengthMax = 1_024;
/** An acceptance that takes longer than this waits for a lock, and no processor time would hasten it. */
const acceptanceMaxMs = 2_000;
const dispatchingMethods = new Set(['POST', 'PUT', 'PATCH']);

/** The receiver: from raw bytes to a committed delivery and its answer (design: architecture.md). */
export function makeReceive(deps: ReceiverDeps): Receive {
  return async (request) => {
    const onCommitted = deps.way.take(acceptanceMaxMs);
    try {
      return await receive(deps, request, onCommitted);
    } finally {
      onCommitted();
    }
  };
}

async function receive(
  deps: ReceiverDeps,
  request: InboundRequest,
  onCommitted: () => void,
): Promise<Answer> {
  const startedAtMs = performance.now();
  const tenant = await deps.tenants.resolve(request.tenantSlug);
  const seen = verifiableRequest(request, deps.publicUrl());
  if (tenant === undefined) {
    decoyVerify(seen);
    return refuse(request);
  }
  if (!tenant.isInboundEnabled) return switchedOff;
  const { id: tenantId } = tenant;
  const isDispatching = dispatchingMethods.has(request.method);
  const accept = (found: FoundHook, judgedBy: string | null): Promise<Answer | undefined> => {
    const { hook } = found;
    const record = { ...recordOf(request, found, true), hookId: hook.id };
    return deps.accept({ tenantId, request, record, hook, judgedBy, startedAtMs, onCommitted });
  };

  // What is remembered may let a request in, if the acceptance finds it unchanged, and nothing else:
  // whatever it does not let in is judged by what is stored now.
  const { hookSlug } = request;
  const recalled = isDispatching ? await deps.hooks.recall(tenantId, hookSlug) : undefined;
  const isCurrent = recalled?.isCurrent ?? false;
  const known = isCurrent ? undefined : recalled?.found;
  // Also where nothing is remembered: the work must not tell whether a hook is in use.
  if (judge(known, seen)?.ok === true && known !== undefined) {
    const answer = await accept(known, known.hook.version);
    if (answer !== undefined) return answer;
  }

  const found = isCurrent ? recalled?.found : await deps.hooks.load(tenantId, hookSlug);
  const verification = judge(found, seen);
  const handshake = found && (await deps.answerHandshake(tenantId, found, seen, verification));
  if (handshake !== undefined) return handshake;
  if (!isDispatching) return methodNotTaken;
  if (found?.hook.isActive === true && verification?.ok === true) {
    const answer = await accept(found, null);
    if (answer === undefined) throw new Error('a hook that was read for a request is not stale');
    return answer;
  }
  if (deps.mayStoreRejection(request.clientIp)) {
    const record = recordOf(request, found, false);
    const refusal = refusalOf(found, verification);
    const durationMs = Math.round(performance.now() - startedAtMs);
    await deps.withTenant(tenantId, (tx) =>
      insertRejectedDelivery(tx, record, refusal, durationMs),
    );
  }
  return unauthorized;
}

/** What is not let in takes the same work, whatever the reason (S-002). */
function judge(found: FoundHook | undefined, request: VerifiableRequest): Verification | undefined {
  if (found?.auth === undefined) {
    decoyVerify(request);
    return undefined;
  }
  const { auth, keys } = found;
  // The hook's row was read by the schema that has the verifier's in it.
  return verifyTrusted({ verifier: auth.verifier, request, keys, nowMs: Date.now() });
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
