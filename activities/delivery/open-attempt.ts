import { openEndpointHeaders, openEndpointSecrets } from '../../shared/crypto/endpoint-secrets.ts';
import type { TenantVault } from '../../shared/crypto/tenant-vault.ts';
import { lockGate, type AttemptEndpoint } from '../../shared/db/queries/endpoint-gates.ts';
import { beginAttempt, loseAttempt } from '../../shared/db/queries/outbound-attempts.ts';
import {
  holdDelivery,
  lockOutboundDelivery,
  reserveRateSlot,
  settleDelivery,
  type LockedDelivery,
} from '../../shared/db/queries/outbound-deliveries.ts';
import {
  hasFreePlace,
  queueForPlace,
  takeNextWaiting,
} from '../../shared/db/queries/outbound-places.ts';
import { databaseError, isUnavailable } from '../../shared/db/pool.ts';
import type { AnnouncedDelivery, TenantTx } from '../../shared/db/tenant.ts';
import type { OutboundDeliveryId } from '../../shared/domain/ids.ts';
import { isSettled } from '../../shared/domain/outbound.ts';
import type { ErrorCode } from '../../shared/errors/catalogue.ts';
import { acceptsSecret, type SignatureProfile } from '../../shared/signing/profiles.ts';
import type { SigningSecret } from '../../shared/signing/secrets.ts';
import type { AttemptInput, AttemptResult } from './contract.ts';
import { isDown, placesFor, placesOf } from './places.ts';
import {
  decideOpening,
  holdRecheckMs,
  leaseMarginMs,
  placeFallbackMs,
  sweepAfterMs,
} from './policy.ts';
import { reportFailed } from './report.ts';

/** An attempt that has its place and is to be made now. */
export interface OpenedAttempt {
  readonly delivery: LockedDelivery;
  readonly endpoint: AttemptEndpoint;
  readonly profile: SignatureProfile;
  readonly secrets: readonly SigningSecret[];
  /** The endpoint's own headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly number: number;
}

export type OpenResult =
  | { readonly kind: 'opened'; readonly attempt: OpenedAttempt }
  | {
      readonly kind: 'not_now';
      readonly result: AttemptResult;
      /** Whose turn it is instead. */
      readonly next: readonly AnnouncedDelivery[];
    };

/**
 * Claims the next attempt of a delivery: locks it and its endpoint's gate, reads the endpoint anew, and
 * takes a place and a token; or notes why there is no attempt now.
 */
export async function openAttempt(
  vault: TenantVault,
  tx: TenantTx,
  id: OutboundDeliveryId,
  lane: AttemptInput['lane'],
): Promise<OpenResult> {
  const delivery = await lockOutboundDelivery(tx, id);
  if (delivery === undefined) throw new Error(`outbound delivery ${id} is gone`);
  if (isSettled(delivery.status)) return notNow(settled(delivery));
  const { endpointId } = delivery;
  const endpoint = await lockGate(tx, endpointId, delivery);
  if (endpoint === undefined) {
    return notNow(await fail(tx, delivery, 'endpoint_deleted', 'The endpoint was deleted.'));
  }
  const opening = decideOpening(delivery, endpoint, lane);
  // Whoever does not use the turn it may have been given passes it on.
  const passOn = () =>
    takeNextWaiting(tx, endpointId, { after: 'failure', places: placesOf(endpoint) });
  switch (opening.kind) {
    case 'turn_away':
      // Whoever takes it in would only find the same.
      return (await hasFreePlace(tx, endpointId, placesFor(delivery, endpoint)))
        ? notNow({ kind: 'turned_away', isDown: isDown(endpoint) })
        : waitForPlace(tx, delivery, 'trouble');
    case 'hold':
      await holdDelivery(tx, id, opening.reason, holdRecheckMs);
      return notNow({ kind: 'wait', reason: 'held', waitMs: holdRecheckMs }, await passOn());
    case 'wait_lease':
      return notNow({ kind: 'wait', reason: 'lease', waitMs: opening.waitMs });
    case 'wait_time':
      return notNow({ kind: 'wait', reason: 'retry', waitMs: opening.waitMs });
    case 'wait_slot':
      return notNow({ kind: 'wait', reason: 'rate', waitMs: opening.waitMs });
    case 'reserve_slot':
      await reserveRateSlot(tx, id, endpointId, { ...opening, lateMs: sweepAfterMs(lane) });
      return notNow({ kind: 'wait', reason: 'rate', waitMs: opening.waitMs });
    case 'fail':
      await loseAttempt(tx, id);
      return notNow(await fail(tx, delivery, opening.code, opening.message), await passOn());
    case 'begin':
      break;
  }
  if (opening.isLost) await loseAttempt(tx, id);
  return begin(vault, tx, delivery, endpoint, opening.tokens);
}

async function begin(
  vault: TenantVault,
  tx: TenantTx,
  delivery: LockedDelivery,
  endpoint: AttemptEndpoint,
  tokens: number,
): Promise<OpenResult> {
  const { id, endpointId } = delivery;
  const profile = endpoint.signatureProfile as SignatureProfile;
  const opened = await openSecrets(vault, tx, delivery, endpoint, profile);
  if (!opened.ok) {
    const result = await fail(tx, delivery, 'secret_unreadable', opened.reason);
    return notNow(
      result,
      await takeNextWaiting(tx, endpointId, { after: 'failure', places: placesOf(endpoint) }),
    );
  }
  const number = delivery.attempts + 1;
  const isBegun = await beginAttempt(tx, {
    deliveryId: id,
    endpointId,
    number,
    url: endpoint.url,
    leaseMs: endpoint.timeoutMs + leaseMarginMs,
    signedBy: opened.prefixes,
    tokens,
    places: placesFor(delivery, endpoint),
  });
  if (!isBegun) return waitForPlace(tx, delivery, isDown(endpoint) ? 'trouble' : 'place');
  const { secrets, headers } = opened;
  return { kind: 'opened', attempt: { delivery, endpoint, profile, secrets, headers, number } };
}

async function waitForPlace(
  tx: TenantTx,
  { id, endpointId, rateSlotInMs }: LockedDelivery,
  reason: 'place' | 'trouble',
): Promise<OpenResult> {
  const hasRateSlot = rateSlotInMs !== null;
  await queueForPlace(tx, id, endpointId, { fallbackMs: placeFallbackMs, hasRateSlot });
  return notNow({ kind: 'wait', reason, waitMs: placeFallbackMs });
}

type OpenedSecrets =
  | {
      readonly ok: true;
      readonly secrets: readonly SigningSecret[];
      readonly prefixes: readonly string[];
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly ok: false; readonly reason: string };

/** S-062: without a secret that can be read nothing is sent, and trying again would not help. */
async function openSecrets(
  vault: TenantVault,
  tx: TenantTx,
  { endpointId }: LockedDelivery,
  endpoint: AttemptEndpoint,
  profile: SignatureProfile,
): Promise<OpenedSecrets> {
  try {
    const opened = await openEndpointSecrets(vault, tx, endpoint.secrets);
    const usable = opened.filter(({ secret }) => acceptsSecret(profile, secret));
    if (usable.length === 0) {
      return { ok: false, reason: `The endpoint has no secret that ${profile} can sign with.` };
    }
    return {
      ok: true,
      secrets: usable.map(({ secret }) => secret),
      prefixes: usable.map(({ prefix }) => prefix),
      headers: await openEndpointHeaders(vault, tx, endpointId, endpoint.sealedHeaders),
    };
  } catch (error) {
    // A database that is away is no fault of the secret.
    if (isUnavailable(error) || databaseError(error) !== undefined) throw error;
    return { ok: false, reason: 'The secret of the endpoint cannot be decrypted.' };
  }
}

async function fail(
  tx: TenantTx,
  delivery: LockedDelivery,
  code: ErrorCode,
  message: string,
): Promise<AttemptResult> {
  await settleDelivery(tx, delivery.id, { status: 'failed', code, message });
  await reportFailed(tx, delivery, { reason: message, lastStatus: null });
  return { kind: 'settled', status: 'failed', code, message };
}

function settled({ status, failureCode, lastError }: LockedDelivery): AttemptResult {
  if (!isSettled(status)) throw new Error(`the delivery is ${status}`);
  return { kind: 'settled', status, code: failureCode, message: failureCode && lastError };
}

const notNow = (result: AttemptResult, next: readonly AnnouncedDelivery[] = []): OpenResult => ({
  kind: 'not_now',
  result,
  next,
});
