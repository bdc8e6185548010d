import { recordAudit, type AuditEntry } from '../../../shared/db/queries/audit-entries.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { callerIdOf, type Caller } from './caller.ts';

/** Notes in the audit log what a caller did, in the transaction of the change (S-122, S-123). */
export function audit(
  { tx, caller }: { readonly tx: TenantTx; readonly caller: Caller },
  entry: Omit<AuditEntry, 'actorType' | 'actorId'>,
): Promise<void> {
  return recordAudit(tx, { ...actorOf(caller), ...entry });
}

/** A caller as audit entries name it. */
export function actorOf(caller: Caller): Pick<AuditEntry, 'actorType' | 'actorId'> {
  return { actorType: caller.kind === 'user' ? 'user' : 'api', actorId: callerIdOf(caller) };
}
