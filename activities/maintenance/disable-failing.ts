import { recordAudit } from '../../shared/db/queries/audit-entries.ts';
import { lockGateOnly } from '../../shared/db/queries/endpoint-gates.ts';
import {
  disableEndpoint,
  readFailingWindow,
  setToldPercent,
  type FailingWindow,
} from '../../shared/db/queries/endpoint-health.ts';
import { oweNotice } from '../../shared/db/queries/owed-notices.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import type { EndpointId } from '../../shared/domain/ids.ts';
import { publishEndpointEvent } from '../../shared/outbound/endpoint-event.ts';
import { failingMeasure, failingWindowHours, judgeFailing } from './failing-policy.ts';

const reason = `${failingMeasure.failuresMax} deliveries failed and none arrived within ${failingWindowHours} hours.`;

/**
 * Tells the owner of a failing endpoint, or disables it. Decides while its gate is locked, so that no
 * delivery can arrive between the look and the decision. Whether it has been disabled; where there is a
 * mail server (`isMailOwed`), its owner is owed a mail from then on, which `sendNotices` sends.
 */
export async function disableFailing(
  tx: TenantTx,
  endpointId: EndpointId,
  { isMailOwed }: { readonly isMailOwed: boolean },
): Promise<boolean> {
  lockGateOnly(tx, endpointId);
  const window = await readFailingWindow(tx, endpointId, failingMeasure.windowMs);
  if (window === undefined) return false;
  const decision = judgeFailing(window);
  if (decision.kind === 'none') return false;
  if (decision.kind === 'tell') {
    await setToldPercent(tx, endpointId, decision.percent);
    await reportFailing(tx, endpointId, window, decision.percent);
    return false;
  }
  if (!(await disableEndpoint(tx, endpointId, reason, 'failing'))) return false;
  if (isMailOwed) await oweNotice(tx, endpointId, window.lastStatus);
  // Once it is enabled again, counting and telling begin anew.
  await setToldPercent(tx, endpointId, 0);
  await reportFailing(tx, endpointId, window, 100);
  await publishEndpointEvent(tx, endpointId, 'endpoint.disabled', {
    reason: 'failing',
    disabledAt: new Date().toISOString(),
  });
  await recordAudit(tx, {
    actorType: 'system',
    actorId: null,
    action: 'webhook.auto_disabled',
    resourceType: 'webhook',
    resourceId: endpointId,
    details: { failures: window.failures, lastStatus: window.lastStatus },
  });
  return true;
}

const reportFailing = (
  tx: TenantTx,
  endpointId: EndpointId,
  window: FailingWindow,
  percent: number,
): Promise<void> =>
  publishEndpointEvent(tx, endpointId, 'endpoint.failing', {
    percent,
    failedDeliveries: window.failures,
    limit: failingMeasure.failuresMax,
    windowHours: failingWindowHours,
    lastStatus: window.lastStatus,
  });
