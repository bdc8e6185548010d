import type { TenantVault } from '../../shared/crypto/tenant-vault.ts';
import { loseAttempt } from '../../shared/db/queries/outbound-attempts.ts';
import { commandDelivery, settleDelivery } from '../../shared/db/queries/outbound-deliveries.ts';
import type { AnnouncedDelivery, WithTenant } from '../../shared/db/tenant.ts';
import { parseOutboundDeliveryId, parseTenantId, toWireId } from '../../shared/domain/ids.ts';
import type { Slots } from '../../shared/domain/slots.ts';
import type { Egress } from '../../shared/egress/egress.ts';
import type { EgressResult } from '../../shared/egress/result.ts';
import { signHeaders } from '../../shared/signing/profiles.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { CountedAttempt } from '../../shared/telemetry/metrics.ts';
import type { DeliveryActivities } from './contract.ts';
import { openAttempt, type OpenedAttempt } from './open-attempt.ts';
import { faultOf, wasSuccess } from './policy.ts';
import { recordAttempt } from './record-attempt.ts';

export interface DeliveryDeps {
  readonly withTenant: WithTenant;
  readonly vault: TenantVault;
  readonly egress: Egress;
  readonly log: Logger;
  /**
   * Wakes the workflows of deliveries whose turn has come. Must not throw: what it misses is woken by
   * the sweeper.
   */
  readonly wake: (deliveries: readonly AnnouncedDelivery[]) => void;
  /**
   * Transactions of attempts at once, over all lanes: at a busy endpoint they wait for each other, and
   * must not hold every connection meanwhile.
   */
  readonly transactions: Pick<Slots, 'use'>;
  /** Told of each attempt once it is recorded. */
  readonly onAttempt: (attempt: CountedAttempt) => void;
  /** Fires when the worker is asked to end while an attempt is under way. */
  readonly cancellation: () => AbortSignal;
}

export function makeDeliveryActivities(deps: DeliveryDeps): DeliveryActivities {
  const { vault } = deps;
  const withTenant: WithTenant = (tenantId, work) =>
    deps.transactions.use(() => deps.withTenant(tenantId, work));
  return {
    async attemptDelivery({ tenantId, deliveryId, retry, lane }) {
      const tenant = parseTenantId(tenantId);
      const id = parseOutboundDeliveryId(deliveryId);
      const opened = await withTenant(tenant, (tx) => openAttempt(vault, tx, id, lane));
      if (opened.kind === 'not_now') {
        deps.wake(opened.next);
        return opened.result;
      }
      const answer = await post(deps, opened.attempt).catch(async (error: unknown) => {
        // The worker is ending: the place is free at once, and another worker goes on.
        await withTenant(tenant, (tx) => loseAttempt(tx, id));
        throw error;
      });
      const { result, next } = await withTenant(tenant, (tx) =>
        recordAttempt(tx, opened.attempt, answer, { retry, lane }),
      );
      deps.wake(next);
      deps.onAttempt(toCounted(opened.attempt, answer));
      logAttempt(deps.log, tenantId, opened.attempt, answer, result.kind);
      return result;
    },

    async commandDelivery({ tenantId, deliveryId, command }) {
      const id = parseOutboundDeliveryId(deliveryId);
      await withTenant(parseTenantId(tenantId), async (tx) => {
        if (command === 'cancel') await settleDelivery(tx, id, { status: 'canceled' });
        else await commandDelivery(tx, id, command);
      });
    },
  };
}

/** Signs as of now and sends. Rejects only when the worker is ending. */
function post(deps: DeliveryDeps, attempt: OpenedAttempt): Promise<EgressResult> {
  const { delivery, endpoint, profile, secrets, number } = attempt;
  const signed = signHeaders({
    profile,
    secrets,
    body: delivery.body,
    event: {
      id: toWireId('event', delivery.eventId),
      type: delivery.eventType,
      schemaVersion: '1',
      createdAt: delivery.occurredAt.toISOString(),
    },
    deliveryId: toWireId('outboundDelivery', delivery.id),
    endpointId: toWireId('endpoint', delivery.endpointId),
    attempt: number,
    timestampSeconds: Math.floor(Date.now() / 1_000),
    ...(endpoint.signatureHeader === null ? {} : { headerName: endpoint.signatureHeader }),
  });
  return deps.egress.post({
    url: endpoint.url,
    // Ours come last: an endpoint's own header never takes the place of a signature.
    headers: { ...attempt.headers, ...signed },
    body: delivery.body,
    timeoutMs: endpoint.timeoutMs,
    signal: deps.cancellation(),
  });
}

function toCounted({ delivery }: OpenedAttempt, answer: EgressResult): CountedAttempt {
  return {
    outcome: wasSuccess(answer) ? 'delivered' : 'failed',
    errorClass: faultOf(answer).errorClass ?? '',
    origin: delivery.origin,
    durationMs: answer.durationMs,
  };
}

/** One line an attempt (S-049): no body, no header, no secret. */
function logAttempt(
  log: Logger,
  tenantId: string,
  { delivery, number }: OpenedAttempt,
  answer: EgressResult,
  then: string,
): void {
  log.info({
    event: 'outbound.attempt',
    tenantId,
    endpointId: delivery.endpointId,
    deliveryId: delivery.id,
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    attempt: number,
    durationMs: answer.durationMs,
    ...(answer.kind === 'answered'
      ? { status: answer.status }
      : { errorClass: answer.class, detail: answer.detail }),
    outcome: then,
  });
}
