import { createHash, randomUUID } from 'node:crypto';
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
export function mutateOnce(
  deps: MutationDeps,
  http: HttpMutation,
  mutate: (tx: TenantTx) => Promise<MutationAnswer>,
): Promise<MutationAnswer> {
  return prepareAndMutateOnce(deps, http, undefined, mutate);
}

interface MutationDeps {
  readonly withTenant: WithTenant;
  readonly vault: TenantVault;
}

/**
 * The same with work before the transaction: what waits for others must not hold a connection of the
 * database meanwhile. It is not done for a repeat whose answer is kept. Two requests with one key that
 * come at once may both do it, and the crash of a process can make a repeat do it again: `prepare`
 * gets an id that is the same for all of them, and random without a key.
 */
export async function prepareAndMutateOnce<Prepared>(
  deps: MutationDeps,
  { request, reply, tenantId, callerId, repeatStatus }: HttpMutation,
  prepare: ((requestId: string) => Promise<Prepared>) | undefined,
  mutate: (tx: TenantTx, prepared: Prepared | undefined) => Promise<MutationAnswer>,
): Promise<MutationAnswer> {
  const key = readIdempotencyKey(request.headers['idempotency-key']);
  if (key === undefined) {
    const prepared = await prepare?.(randomUUID());
    return deps.withTenant(tenantId, (tx) => mutate(tx, prepared));
  }
  const fingerprint = fingerprintOf(request.method, request.url, request.body);
  const keyed = { callerId, key, fingerprint };
  const kept =
    prepare && (await deps.withTenant(tenantId, (tx) => findRepeat(deps.vault, tx, keyed)));
  const prepared = kept ? undefined : await prepare?.(requestIdOf(tenantId, keyed));
  const answer =
    kept ??
    (await deps.withTenant(tenantId, (tx) =>
      runOnce(deps.vault, tx, keyed, () => mutate(tx, prepared)),
    ));
  if (!answer.isRepeat) return answer;
  reply.header('idempotency-replayed', 'true');
  return { ...answer, status: repeatStatus ?? answer.status };
}

/** A UUID that every request of one caller with one key and one content has (RFC 9562, version 8). */
function requestIdOf(tenantId: TenantId, { callerId, key, fingerprint }: KeyedRequest): string {
  const hash = createHash('sha256').update(`${tenantId} ${callerId} ${key}\n`).update(fingerprint);
  const hex = hash.digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
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
): Promise<MaybeRepeated> {
  const repeat = await findRepeat(vault, tx, request);
  if (repeat !== undefined) return repeat;
  const place = placeOf(request);
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

type MaybeRepeated = MutationAnswer & { readonly isRepeat: boolean };

/** The kept answer of a request's key, which is locked for the rest of the transaction. */
async function findRepeat(
  vault: TenantVault,
  tx: TenantTx,
  request: KeyedRequest,
): Promise<MaybeRepeated | undefined> {
  if (!(await tryLockKey(tx, request))) throw new TidegateError('idempotency_in_progress');
  const kept = await findKeptAnswer(tx, request);
  if (kept === undefined) return undefined;
  if (!kept.fingerprint.equals(request.fingerprint)) {
    throw new TidegateError('idempotency_mismatch');
  }
  const opened = await vault.open(tx, placeOf(request), kept.sealedResponse);
  const { body } = JSON.parse(opened.toString('utf8')) as { readonly body?: unknown };
  return { status: kept.status, body, isRepeat: true };
}

const placeOf = ({ callerId, key }: KeyedRequest): SecretPlace => ({
  table: 'idempotency_keys',
  column: 'sealed_response',
  rowId: `${callerId} ${key}`,
});
