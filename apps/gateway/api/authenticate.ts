import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { hashToken, isPersonalToken } from '../../../shared/crypto/tokens.ts';
import { permissionsOf, type Permission } from '../../../shared/domain/permissions.ts';
import type { TokenOwner } from '../../../shared/db/queries/personal-tokens.ts';
import type { Caller } from './caller.ts';

export interface Authenticated {
  readonly caller: Caller;
  /** True when the note of the token's last use is more than a minute old. */
  readonly isTouchDue: boolean;
}

/** Tells who sends a request, from its Authorization header. Throws `unauthenticated` or `token_expired`. */
export type Authenticate = (authorization: string | undefined) => Promise<Authenticated>;

const touchIntervalMs = 60_000;
const bearer = /^Bearer +(\S+)$/i;

export function makeAuthenticate(deps: {
  readonly lookUp: (sha256: Buffer) => Promise<TokenOwner | undefined>;
}): Authenticate {
  return async (authorization) => {
    const token = bearer.exec(authorization ?? '')?.[1];
    if (token === undefined || !isPersonalToken(token)) throw new TidegateError('unauthenticated');
    const owner = await deps.lookUp(hashToken(token));
    if (owner === undefined) throw new TidegateError('unauthenticated');
    if (!owner.isUsable) throw new TidegateError('token_expired');
    const { lastUsedAt, permissions, isUsable: _usable, ...identity } = owner;
    return {
      caller: { ...identity, permissions: permissionsOf(owner.role, permissions) },
      isTouchDue: lastUsedAt === null || Date.now() - lastUsedAt.getTime() > touchIntervalMs,
    };
  };
}

/** Throws `permission_missing`, naming it, unless the caller has the permission (S-126). */
export function requirePermission(caller: Caller, permission: Permission | 'member'): void {
  if (permission === 'member' || caller.permissions.has(permission)) return;
  throw new TidegateError('permission_missing', `This needs the permission ${permission}.`);
}
