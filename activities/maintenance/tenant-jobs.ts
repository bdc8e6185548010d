import { sealLegacySecret } from '../../shared/crypto/endpoint-secrets.ts';
import {
  countLegacySecrets,
  listDueRotations,
  listFailingEndpoints,
  listLegacySecrets,
  listOldOpenDeliveries,
  listStalledReplays,
  listUnwatchedRotations,
} from '../../shared/db/queries/maintenance-dues.ts';
import {
  lockOutboundDelivery,
  settleDelivery,
} from '../../shared/db/queries/outbound-deliveries.ts';
import { lockLegacySecret, replaceLegacySecret } from '../../shared/db/queries/secret-rotations.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import type { OutboundDeliveryId } from '../../shared/domain/ids.ts';
import { isSettled } from '../../shared/domain/outbound.ts';
import { tendRotation } from '../../shared/outbound/secret-rotation.ts';
import { reportFailed } from '../delivery/report.ts';
import type { MaintenanceDeps } from './deps.ts';
import { disableFailing } from './disable-failing.ts';
import { failingMeasure } from './failing-policy.ts';

/**
 * One bounded batch of a job that finds its rows across tenants and works on each in a transaction of
 * its tenant. Returns how many there were; fewer than `rowsMax` means that nothing is left.
 */
export type TenantJob = (
  deps: MaintenanceDeps,
  olderThanMs: number,
  rowsMax: number,
) => Promise<number>;

/** Starts the runs of rotations that have none: the process that began them died, or Temporal was away. */
export const startRotations: TenantJob = async (deps, _olderThanMs, rowsMax) =>
  forEach(await listUnwatchedRotations(deps.pool, rowsMax), ({ tenantId, endpointId }) =>
    deps.rouseRotation(tenantId, endpointId),
  );

/** The janitor of old secrets: does what the run of a rotation has not done, for whatever reason (S-138). */
export const tendRotations: TenantJob = async (deps, _olderThanMs, rowsMax) =>
  forEach(await listDueRotations(deps.pool, rowsMax), ({ tenantId, endpointId }) =>
    deps.withTenant(tenantId, (tx) => tendRotation(tx, endpointId)),
  );

/** Seals secrets that were brought along as plain text, and says how many are left (S-069). */
export const sealLegacySecrets: TenantJob = async (deps, _olderThanMs, rowsMax) => {
  const found = await listLegacySecrets(deps.pool, rowsMax);
  if (found.length === 0) return 0;
  const sealed = await forEach(found, ({ tenantId, endpointId, secretId }) =>
    deps.withTenant(tenantId, async (tx) => {
      const text = await lockLegacySecret(tx, endpointId, secretId);
      if (text === undefined) return;
      const box = await sealLegacySecret(deps.vault, tx, secretId, text);
      await replaceLegacySecret(tx, endpointId, secretId, box);
    }),
  );
  const left = await countLegacySecrets(deps.pool);
  const message = left === 0 ? 'every secret is sealed' : 'the rest follows';
  deps.log.info({ event: 'secrets.sealed', sealed, left }, message);
  return sealed;
};

/** Tells of endpoints that fail, and disables those that have failed for too long (S-077). */
export const disableFailingEndpoints: TenantJob = async (deps, _olderThanMs, rowsMax) =>
  forEach(
    await listFailingEndpoints(deps.pool, failingMeasure, rowsMax),
    async ({ tenantId, endpointId }) => {
      const mail = await deps.withTenant(tenantId, (tx) => disableFailing(tx, endpointId));
      if (mail === undefined) return;
      deps.log.warn({ event: 'endpoint.auto_disabled', tenantId, endpointId });
      // Told by an event already: a mail that cannot be sent undoes nothing.
      await deps.mailer?.send(mail).catch((error: unknown) => {
        deps.log.warn({ event: 'mail.failed', endpointId, err: error }, 'check TIDEGATE_SMTP_URL');
      });
    },
  );

/** Starts the runs of replays on which nothing moves. */
export const startReplays: TenantJob = async (deps, olderThanMs, rowsMax) =>
  forEach(await listStalledReplays(deps.pool, olderThanMs, rowsMax), ({ tenantId, jobId }) =>
    deps.rouseReplay(tenantId, jobId),
  );

/** Ends what has been open for longer than deliveries are kept, visibly. */
export const expireDeliveries: TenantJob = async (deps, olderThanMs, rowsMax) =>
  forEach(
    await listOldOpenDeliveries(deps.pool, olderThanMs, rowsMax),
    ({ tenantId, deliveryId }) => deps.withTenant(tenantId, (tx) => expire(tx, deliveryId)),
  );

const expiredMessage = 'The delivery was held for longer than deliveries are kept.';

async function expire(tx: TenantTx, id: OutboundDeliveryId): Promise<void> {
  const delivery = await lockOutboundDelivery(tx, id);
  if (delivery === undefined || isSettled(delivery.status)) return;
  await settleDelivery(tx, id, { status: 'failed', code: 'expired', message: expiredMessage });
  await reportFailed(tx, delivery, { reason: expiredMessage, lastStatus: null });
}

/**
 * Works on each; one that fails does not keep the others from their turn. Rejects with the first error
 * at the end, so that an operator sees it on the run.
 */
async function forEach<Row>(
  rows: readonly Row[],
  work: (row: Row) => Promise<unknown>,
): Promise<number> {
  const failures: unknown[] = [];
  for (const row of rows) {
    await work(row).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) {
    const message = `${failures.length} of ${rows.length} could not be done`;
    throw new Error(message, { cause: failures[0] });
  }
  return rows.length;
}
