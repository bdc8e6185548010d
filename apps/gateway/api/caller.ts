import type { TenantId } from '../../../shared/domain/ids.ts';
import type { Permission, Role } from '../../../shared/domain/permissions.ts';
import type { Scope } from '../../../shared/domain/scopes.ts';

/** A user of a tenant, proven by a personal token. */
export interface UserCaller {
  readonly kind: 'user';
  readonly tenantId: TenantId;
  readonly tenantSlug: string;
  readonly userId: string;
  readonly tokenId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly permissions: ReadonlySet<Permission>;
}

/** A program, proven by an automation credential. */
export interface KeyCaller {
  readonly kind: 'key';
  readonly tenantId: TenantId;
  readonly tenantSlug: string;
  readonly credentialId: string;
  /** Who it speaks for. */
  readonly actorName: string;
  readonly scopes: ReadonlySet<Scope>;
}

export type Caller = UserCaller | KeyCaller;

/** The id under which a caller is counted, keeps its Idempotency-Keys and stands in the audit log. */
export const callerIdOf = (caller: Caller): string =>
  caller.kind === 'user' ? caller.userId : caller.credentialId;

/** The user behind a call; null for a program. */
export const userIdOf = (caller: Caller): string | null =>
  caller.kind === 'user' ? caller.userId : null;
