import type { TenantId } from '../../../shared/domain/ids.ts';
import type { Permission, Role } from '../../../shared/domain/permissions.ts';

/** A user of a tenant, proven by a token. */
export interface Caller {
  readonly tenantId: TenantId;
  readonly tenantSlug: string;
  readonly userId: string;
  readonly tokenId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly permissions: ReadonlySet<Permission>;
}
