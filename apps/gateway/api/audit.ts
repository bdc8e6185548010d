import { recordAudit, type AuditEntry } from '../../../shared/db/queries/audit-entries.ts';
import type { ApiContext } from './route.ts';

/** Notes in the audit log what a caller did, in the transaction of the change (S-123). */
export function audit(
  { tx, caller }: Pick<ApiContext, 'tx' | 'caller'>,
  entry: Omit<AuditEntry, 'actorType' | 'actorId'>,
): Promise<void> {
  return recordAudit(tx, { actorType: 'user', actorId: caller.userId, ...entry });
}
