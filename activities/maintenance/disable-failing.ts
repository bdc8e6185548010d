import { recordAudit } from '../../shared/db/queries/audit-entries.ts';
import { lockGateOnly } from '../../shared/db/queries/endpoint-gates.ts';
import {
  disableEndpoint,
  listResponsible,
  readFailingWindow,
  setToldPercent,
  type FailingWindow,
} from '../../shared/db/queries/endpoint-health.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import { toWireId, type EndpointId } from '../../shared/domain/ids.ts';
import type { Mail } from '../../shared/mail/mailer.ts';
import { publishEndpointEvent } from '../../shared/outbound/endpoint-event.ts';
import { failingMeasure, failingWindowHours, judgeFailing } from './failing-policy.ts';

const reason = `${failingMeasure.failuresMax} deliveries failed and none arrived within ${failingWindowHours} hours.`;

/**
 * Tells the owner of a failing endpoint, or disables it. Decides while its gate is locked, so that no
 * delivery can arrive between the look and the decision. Returns the mail that is to go out after the
 * commit; undefined when nothing was disabled.
 */
export async function disableFailing(
  tx: TenantTx,
  endpointId: EndpointId,
): Promise<Mail | undefined> {
  if (!(await lockGateOnly(tx, endpointId))) return undefined;
  const window = await readFailingWindow(tx, endpointId, failingMeasure.windowMs);
  if (window === undefined) return undefined;
  const decision = judgeFailing(window);
  if (decision.kind === 'none') return undefined;
  if (decision.kind === 'tell') {
    await setToldPercent(tx, endpointId, decision.percent);
    await reportFailing(tx, endpointId, window, decision.percent);
    return undefined;
  }
  if (!(await disableEndpoint(tx, endpointId, reason, 'failing'))) return undefined;
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
  const to = await listResponsible(tx, window.createdBy);
  return to.length === 0 ? undefined : mailOf(to, endpointId, window);
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

function mailOf(to: readonly string[], endpointId: EndpointId, window: FailingWindow): Mail {
  const { name, lastStatus } = window;
  const answer = lastStatus === null ? 'no answer' : `HTTP status ${lastStatus}`;
  return {
    to,
    subject: `Webhook endpoint ${name} was disabled`,
    text: [
      `The endpoint ${name} (${toWireId('endpoint', endpointId)}) was disabled: ${reason}`,
      `The last delivery ended with ${answer}.`,
      'What is due is held and nothing is lost. Mend the receiver and enable the endpoint again; then everything that is held is sent.',
    ].join('\n\n'),
  };
}
