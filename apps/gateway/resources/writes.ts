import type { AuditEntry } from '../../../shared/db/queries/audit-entries.ts';
import { databaseError } from '../../../shared/db/pool.ts';
import type { ErrorCode } from '../../../shared/errors/catalogue.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { publishChange, type Change } from '../../../shared/outbound/publish-change.ts';
import { audit } from '../api/audit.ts';
import type { ApiContext } from '../api/route.ts';
import type { Caller } from '../api/caller.ts';

/** An event about the written resource itself, that a write of it tells of (S-093). */
export type Emitted = Pick<Change, 'type' | 'data' | 'attributes'>;

/**
 * Publishes the events of a write and notes it in the audit log, in the transaction of the write. What
 * credentials do stands there as `automation.<resource>.<verb>` (S-122).
 */
export async function noteWrite(
  context: ApiContext<unknown, unknown, unknown, Caller>,
  resource: string,
  verb: string,
  id: string,
  events: readonly Emitted[],
): Promise<void> {
  for (const event of events) {
    await publishChange(context.tx, { objectType: resource, objectId: id, ...event });
  }
  await auditWrite(context, { resource, verb, id });
}

/** Notes a write in the audit log: `automation.<resource>.<verb>` for a credential's (S-122). */
export function auditWrite(
  context: Parameters<typeof audit>[0],
  write: {
    readonly resource: string;
    readonly verb: string;
    readonly id: string;
    readonly details?: AuditEntry['details'];
  },
): Promise<void> {
  const { resource, verb, id, details = {} } = write;
  const prefix = context.caller.kind === 'key' ? 'automation.' : '';
  return audit(context, {
    action: `${prefix}${resource}.${verb}`,
    resourceType: resource,
    resourceId: id,
    details,
  });
}

/** What a violated constraint is answered with. */
export interface Refusal {
  readonly code: ErrorCode;
  /** The member of the body that is at fault, as a JSON pointer. */
  readonly pointer: string;
  readonly message: string;
}
export type Refusals = Readonly<Record<string, Refusal>>;

/** The refusal of a reference that names nothing of the tenant: it is not told from one of another's. */
export const noSuch = (member: string, what: string): Refusal => ({
  code: 'not_found',
  pointer: `/${member}`,
  message: `There is no such ${what}.`,
});

/**
 * Runs a write and turns the violation of a constraint that the resource knows into its refusal. The
 * database is asked instead of looking first: between a look and the write a row can go (S-117).
 */
export async function refusingForeign<Result>(
  refusals: Refusals | undefined,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    const constraint = databaseError(cause)?.constraint;
    const refusal = constraint === undefined ? undefined : refusals?.[constraint];
    if (refusal === undefined) throw cause;
    const { code, pointer, message } = refusal;
    throw new TidegateError(code, message, { cause, details: [{ pointer, message }] });
  }
}
