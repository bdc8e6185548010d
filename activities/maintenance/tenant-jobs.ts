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
import { disableFailing } from './disable-failing.ts';
import { failingMeasure } from './failing-policy.ts';
import { forEach, type TenantJob } from './for-each.ts';

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
      const isDisabled = await deps.withTenant(tenantId, (tx) =>
        disableFailing(tx, endpointId, { isMailOwed: deps.mailer !== undefined }),
      );
      if (isDisabled) deps.log.warn({ event: 'endpoint.auto_disabled', tenantId, endpointId });
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
