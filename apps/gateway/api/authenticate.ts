import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { hashToken, isPersonalToken, readAutomationKey } from '../../../shared/crypto/tokens.ts';
import type { KeyOwner } from '../../../shared/db/queries/automation-credentials.ts';
import type { TokenOwner } from '../../../shared/db/queries/personal-tokens.ts';
import { permissionsOf, type Permission } from '../../../shared/domain/permissions.ts';
import type { Scope } from '../../../shared/domain/scopes.ts';
import type { Caller, KeyCaller, UserCaller } from './caller.ts';

export interface Authenticated<By extends Caller = Caller> {
  readonly caller: By;
  /** True when the note of the last use of its token is more than a minute old. */
  readonly isTouchDue: boolean;
}

/**
 * Tells who sends a request, from its Authorization header. Throws `unauthenticated`, `token_expired`,
 * `credential_disabled`, `credential_expired` or `automation_disabled`, looked at in this order (S-104).
 *
 * A secret is never compared with another: its SHA-256 is looked up by a unique index. How long that
 * takes may depend on the hash, of which nobody can choose as much as a few bytes for a secret they do
 * not know, so that time tells nothing about the secrets that exist. Nothing is cached: what rotates,
 * disables or removes a credential, or switches a tenant off, counts from the next request on.
 */
export type Authenticate = (authorization: string | undefined) => Promise<Authenticated>;

const touchIntervalMs = 60_000;
const bearer = /^Bearer +(\S+)$/i;

export function makeAuthenticate(deps: {
  readonly lookUp: (sha256: Buffer) => Promise<TokenOwner | undefined>;
  readonly lookUpKey: (sha256: Buffer) => Promise<KeyOwner | undefined>;
}): Authenticate {
  return async (authorization) => {
    const token = bearer.exec(authorization ?? '')?.[1];
    if (token === undefined) throw refused('The Authorization header is missing or invalid.');
    const form = readAutomationKey(token);
    if (form === 'key') return keyCaller(await deps.lookUpKey(hashToken(token)));
    if (form === 'malformed') {
      throw refused('The key does not have the form of an automation credential.');
    }
    if (!isPersonalToken(token)) {
      throw refused('The token has neither the form of a key nor of a personal token.');
    }
    return userCaller(await deps.lookUp(hashToken(token)));
  };
}

const refused = (message: string): TidegateError => new TidegateError('unauthenticated', message);

function userCaller(owner: TokenOwner | undefined): Authenticated<UserCaller> {
  if (owner === undefined) throw refused('The token is not known.');
  if (!owner.isUsable) throw new TidegateError('token_expired');
  const { lastUsedAt, permissions, isUsable: _usable, ...identity } = owner;
  return {
    caller: { kind: 'user', ...identity, permissions: permissionsOf(owner.role, permissions) },
    isTouchDue: isTouchDue(lastUsedAt),
  };
}

/** The order is that of S-104: a disabled credential is told so even when it has expired as well. */
function keyCaller(owner: KeyOwner | undefined): Authenticated<KeyCaller> {
  if (owner === undefined) throw refused('The key is not known.');
  if (owner.status !== 'active') throw new TidegateError('credential_disabled');
  if (owner.isExpired) throw new TidegateError('credential_expired');
  if (!owner.isAutomationEnabled) throw new TidegateError('automation_disabled');
  const { tenantId, tenantSlug, credentialId, actorName, scopes, lastUsedAt } = owner;
  return {
    caller: {
      kind: 'key',
      tenantId,
      tenantSlug,
      credentialId,
      actorName,
      scopes: new Set(scopes),
    },
    isTouchDue: isTouchDue(lastUsedAt),
  };
}

const isTouchDue = (lastUsedAt: Date | null): boolean =>
  lastUsedAt === null || Date.now() - lastUsedAt.getTime() > touchIntervalMs;

/** Who may call a route. */
export interface RouteAccess {
  readonly permission: Permission | 'member' | 'none';
  readonly scope?: Scope;
}

/** Throws `permission_missing` or `scope_missing`, naming it, unless the caller may (S-104, S-126). */
export function requireAccess(caller: Caller, { permission, scope }: RouteAccess): void {
  if (caller.kind === 'user') return requirePermission(caller, permission);
  if (scope === undefined) {
    throw new TidegateError('scope_missing', 'No scope opens this route; it is for users.');
  }
  if (caller.scopes.has(scope)) return;
  throw new TidegateError('scope_missing', `This needs the scope ${scope}.`);
}

/** Throws `permission_missing`, naming it, unless the user has the permission (S-126). */
export function requirePermission(
  caller: UserCaller,
  permission: Permission | 'member' | 'none',
): void {
  if (permission === 'none') {
    throw new TidegateError('permission_missing', 'This is for automation credentials only.');
  }
  if (permission === 'member' || caller.permissions.has(permission)) return;
  throw new TidegateError('permission_missing', `This needs the permission ${permission}.`);
}
