import { recordAudit } from '../../shared/db/queries/audit-entries.ts';
import { listResponsible } from '../../shared/db/queries/endpoint-health.ts';
import { listOwedNotices, type DueEndpoint } from '../../shared/db/queries/maintenance-dues.ts';
import {
  claimNotice,
  settleNotice,
  type OwedNotice,
} from '../../shared/db/queries/owed-notices.ts';
import type { MaintenanceDeps } from './deps.ts';
import { forEach, type TenantJob } from './for-each.ts';
import { noticeMail, noticeTries } from './owner-notice.ts';

/** A server that does not answer costs ten seconds a mail; the rest waits for the next run. */
const batchTimeMaxMs = 15_000;

type Mailing = MaintenanceDeps & { readonly mailer: NonNullable<MaintenanceDeps['mailer']> };

/** Sends the mails that owners are owed of endpoints that were disabled (S-077), each at least once. */
export const sendNotices: TenantJob = async (deps, _olderThanMs, rowsMax) => {
  const { mailer } = deps;
  if (mailer === undefined) return 0;
  const deadline = performance.now() + batchTimeMaxMs;
  return forEach(await listOwedNotices(deps.pool, rowsMax), async (due) => {
    if (performance.now() < deadline) await sendNotice({ ...deps, mailer }, due);
  });
};

/**
 * One try. It is counted before it is made, so that a process which dies in it neither loses the mail
 * nor tries for ever; the mail is settled after the server took it.
 */
async function sendNotice(deps: Mailing, due: DueEndpoint): Promise<void> {
  const { tenantId, endpointId } = due;
  const claimed = await deps.withTenant(tenantId, async (tx) => {
    const notice = await claimNotice(tx, endpointId, noticeTries.firstWaitMs);
    return notice && { notice, to: await listResponsible(tx, notice.createdBy) };
  });
  if (claimed === undefined) return;
  const { notice, to } = claimed;
  // The process of the last try died in it.
  if (notice.tries > noticeTries.max) return giveUp(deps, due, notice);
  try {
    if (to.length > 0) await deps.mailer.send(noticeMail(to, endpointId, notice));
  } catch (error) {
    const { tries } = notice;
    const failed = { event: 'mail.failed', tenantId, endpointId, tries, err: error };
    deps.log.warn(failed, 'check TIDEGATE_SMTP_URL');
    if (tries === noticeTries.max) await giveUp(deps, due, notice);
    return;
  }
  await deps.withTenant(tenantId, (tx) => settleNotice(tx, endpointId, notice));
}

/** Leaves the owner to the event and the API, and says so to them and to the operator. */
async function giveUp(
  { withTenant, log }: Mailing,
  { tenantId, endpointId }: DueEndpoint,
  notice: OwedNotice,
): Promise<void> {
  const isGivenUp = await withTenant(tenantId, async (tx) => {
    if (!(await settleNotice(tx, endpointId, notice))) return false;
    await recordAudit(tx, {
      actorType: 'system',
      actorId: null,
      action: 'webhook.notice_given_up',
      resourceType: 'webhook',
      resourceId: endpointId,
      details: { tries: noticeTries.max },
    });
    return true;
  });
  if (!isGivenUp) return;
  const given = { event: 'mail.given_up', tenantId, endpointId, tries: noticeTries.max };
  log.warn(given, 'the owner was not told by mail that the endpoint is disabled');
}
