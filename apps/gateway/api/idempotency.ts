import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import {
  findKeptAnswer,
  keepAnswer,
  tryLockKey,
} from '../../../shared/db/queries/idempotency-keys.ts';
import type { SecretPlace, TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import type { TenantTx, WithTenant } from '../../../shared/db/tenant.ts';
import type { TenantId } from '../../../shared/domain/ids.ts';

/** How long an answer is kept for repeats of its request (S-019). */
const keepSeconds = 86_400;
const keyPattern = /^[\x21-\x7e]{1,255}$/;

/** One mutation with an Idempotency-Key. */
interface KeyedRequest {
  readonly callerId: string;
  readonly key: string;
  /** SHA-256 over what makes the request this one. */
  readonly fingerprint: Buffer;
}

export interface MutationAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A mutation that came in over HTTP. */
export interface HttpMutation {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly tenantId: TenantId;
  /** Whose key it is: two callers may use the same one. */
  readonly callerId: string;
  /** The status of a repeat, where it is not that of the first answer. */
  readonly repeatStatus?: number | undefined;
}

/**
 * Runs a mutation in a transaction of its tenant, once for its Idempotency-Key if it has one, and
 * marks the reply when its answer is a kept one.
 */
export async function mutateOnce(
  deps: { readonly withTenant: WithTenant; readonly vault: TenantVault },
  { request, reply, tenantId, callerId, repeatStatus }: HttpMutation,
  mutate: (tx: TenantTx) => Promise<MutationAnswer>,
): Promise<MutationAnswer> {
  const key = readIdempotencyKey(request.headers['idempotency-key']);
  if (key === undefined) return deps.withTenant(tenantId, mutate);
  const fingerprint = fingerprintOf(request.method, request.url, request.body);
  const answer = await deps.withTenant(tenantId, (tx) =>
    runOnce(deps.vault, tx, { callerId, key, fingerprint }, () => mutate(tx)),
  );
  if (!answer.isRepeat) return answer;
  reply.header('idempotency-replayed', 'true');
  return { ...answer, status: repeatStatus ?? answer.status };
}

/** The key of a request, or undefined without one. Throws `idempotency_key_invalid`. */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !keyPattern.test(header)) {
    throw new TidegateError('idempotency_key_invalid');
  }
  return header;
}

function fingerprintOf(method: string, url: string, body: unknown): Buffer {
  return createHash('sha256')
    .update(`${method} ${url}\n${JSON.stringify(body ?? null)}`)
    .digest();
}

/**
 * Runs a mutation once for its key, inside the mutation's own transaction: effect and kept answer
 * commit together, so there is no state in between that a crash could leave behind. A repeat gets
 * the first answer; the same key with another request is `idempotency_mismatch`; while the first
 * request runs, `idempotency_in_progress` (S-019). Answers are sealed: they may carry a secret.
 */
async function runOnce(
  vault: TenantVault,
  tx: TenantTx,
  request: KeyedRequest,
  mutate: () => Promise<MutationAnswer>,
): Promise<MutationAnswer & { readonly isRepeat: boolean }> {
  if (!(await tryLockKey(tx, request))) throw new TidegateError('idempotency_in_progress');
  const place = placeOf(request);
  const kept = await findKeptAnswer(tx, request);
  if (kept !== undefined) {
    if (!kept.fingerprint.equals(request.fingerprint)) {
      throw new TidegateError('idempotency_mismatch');
    }
    const opened = await vault.open(tx, place, kept.sealedResponse);
    const { body } = JSON.parse(opened.toString('utf8')) as { readonly body?: unknown };
    return { status: kept.status, body, isRepeat: true };
  }
  const answer = await mutate();
  const sealedResponse = await vault.seal(
    tx,
    place,
    Buffer.from(JSON.stringify({ body: answer.body })),
  );
  const { fingerprint } = request;
  await keepAnswer(
    tx,
    request,
    { fingerprint, status: answer.status, sealedResponse },
    keepSeconds,
  );
  return { ...answer, isRepeat: false };
}

const placeOf = ({ callerId, key }: KeyedRequest): SecretPlace => ({
  table: 'idempotency_keys',
  column: 'sealed_response',
  rowId: `${callerId} ${key}`,
});
