import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { makePersonalToken } from '../../../../shared/crypto/tokens.ts';
import { isUuid } from '../../../../shared/domain/ids.ts';
import {
  deletePersonalToken,
  insertPersonalToken,
  listPersonalTokens,
  type PersonalToken,
} from '../../../../shared/db/queries/personal-tokens.ts';
import { findUser } from '../../../../shared/db/queries/users.ts';
import { TidegateError } from '../../../../shared/errors/tidegate-error.ts';
import {
  createdTokenSchema,
  newTokenSchema,
  tokenSchema,
} from '../../../../shared/schemas/access.ts';
import { audit } from '../audit.ts';
import { requirePermission } from '../authenticate.ts';
import { defineRoute, type ApiRoute } from '../route.ts';

const tag = 'Tokens';
const path = '/api/v1/tokens';
const dayMs = 86_400_000;

const presentToken = (token: PersonalToken): z.output<typeof tokenSchema> => ({
  id: token.id,
  userId: token.userId,
  name: token.name,
  prefix: token.prefix,
  expiresAt: token.expiresAt?.toISOString() ?? null,
  lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
  createdAt: token.createdAt.toISOString(),
});

/** Personal tokens: everyone has their own; who manages members sees and revokes those of others. */
export const tokenRoutes: readonly ApiRoute[] = [
  defineRoute({
    method: 'GET',
    path,
    operationId: 'listTokens',
    tag,
    summary: 'Your tokens, or all of the tenant with `all=true`; at most 100, newest first',
    permission: 'member',
    query: z.object({ all: z.enum(['true', 'false']).default('false') }),
    status: 200,
    response: z.strictObject({ data: z.array(tokenSchema) }),
    errors: ['permission_missing'],
    async handle({ tx, caller, query }) {
      const isAll = query.all === 'true';
      if (isAll) requirePermission(caller, 'members.manage');
      const tokens = await listPersonalTokens(tx, isAll ? undefined : caller.userId);
      return { data: tokens.map(presentToken) };
    },
  }),
  defineRoute({
    method: 'POST',
    path,
    operationId: 'createToken',
    tag,
    summary: 'Make a personal token; it is shown once',
    permission: 'member',
    body: newTokenSchema,
    status: 201,
    response: createdTokenSchema,
    errors: ['permission_missing', 'not_found'],
    async handle(context) {
      const { tx, caller, body } = context;
      const userId = body.userId ?? caller.userId;
      if (userId !== caller.userId) {
        requirePermission(caller, 'members.manage');
        const user = await findUser(tx, userId);
        if (user === undefined) {
          const message = 'There is no such user.';
          throw new TidegateError('not_found', message, {
            details: [{ pointer: '/userId', message }],
          });
        }
        // A token is the user itself: an administrator must not become an owner through one.
        if (user.role === 'owner' && caller.role !== 'owner') {
          throw new TidegateError(
            'permission_missing',
            'Only an owner can make a token for an owner.',
          );
        }
      }
      const { token, sha256, prefix } = makePersonalToken();
      const expiresAt =
        body.expiresInDays === undefined ? null : new Date(Date.now() + body.expiresInDays * dayMs);
      const id = uuidv7();
      const stored = await insertPersonalToken(tx, {
        id,
        userId,
        name: body.name,
        sha256,
        prefix,
        expiresAt,
      });
      await audit(context, {
        action: 'token.created',
        resourceType: 'token',
        resourceId: id,
        details: { userId, prefix },
      });
      return { data: presentToken(stored), token };
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: `${path}/:id`,
    operationId: 'revokeToken',
    tag,
    summary: 'Revoke a token; it stops at the next request',
    permission: 'member',
    params: z.object({ id: z.string().max(64) }),
    status: 204,
    async handle(context) {
      const { tx, caller, params } = context;
      const owner = caller.permissions.has('members.manage') ? undefined : caller.userId;
      if (!isUuid(params.id) || !(await deletePersonalToken(tx, params.id, owner))) {
        throw new TidegateError('not_found');
      }
      await audit(context, {
        action: 'token.revoked',
        resourceType: 'token',
        resourceId: params.id,
      });
    },
  }),
];
