import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { decodeCursor, pageOf } from '../../../../shared/domain/cursor.ts';
import { isUuid } from '../../../../shared/domain/ids.ts';
import type { Role } from '../../../../shared/domain/permissions.ts';
import { databaseError } from '../../../../shared/db/pool.ts';
import {
  findUser,
  insertUser,
  listUsers,
  lockActiveOwners,
  updateUser,
  type User,
} from '../../../../shared/db/queries/users.ts';
import { TidegateError } from '../../../../shared/errors/tidegate-error.ts';
import {
  meSchema,
  newUserSchema,
  userChangeSchema,
  userSchema,
} from '../../../../shared/schemas/access.ts';
import { cursorSchema, dataOf, limitSchema, listOf } from '../../../../shared/schemas/common.ts';
import { audit } from '../audit.ts';
import type { UserCaller } from '../caller.ts';
import { defineRoute, type ApiRoute } from '../route.ts';

const tag = 'Members';
const path = '/api/v1/users';
const idParams = z.object({ id: z.string().max(64) });

/** A user as the API shows it. */
export const presentUser = (user: User): z.output<typeof userSchema> => ({
  id: user.id,
  email: user.email,
  name: user.name,
  role: user.role,
  permissions: user.permissions === null ? null : [...user.permissions],
  isActive: user.isActive,
  createdAt: user.createdAt.toISOString(),
  updatedAt: user.updatedAt.toISOString(),
});

/** Only owners make owners, or touch one: an administrator must not become more than it is. */
function requireOwnerFor(caller: UserCaller, ...affected: (Role | undefined)[]): void {
  if (!affected.includes('owner') || caller.role === 'owner') return;
  throw new TidegateError('permission_missing', 'Only an owner can make or change an owner.');
}

export const memberRoutes: readonly ApiRoute[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/me',
    operationId: 'readMe',
    tag,
    summary: 'Who the token belongs to, and what it may do',
    permission: 'member',
    status: 200,
    response: dataOf(meSchema),
    handle: ({ caller }) =>
      Promise.resolve({
        data: {
          tenant: { id: caller.tenantId, slug: caller.tenantSlug },
          user: { id: caller.userId, email: caller.email, name: caller.name, role: caller.role },
          permissions: [...caller.permissions],
        },
      }),
  }),
  defineRoute({
    method: 'GET',
    path,
    operationId: 'listUsers',
    tag,
    summary: 'The users of the tenant, newest first',
    permission: 'members.read',
    query: z.object({ limit: limitSchema(20), cursor: cursorSchema }),
    status: 200,
    response: listOf(userSchema),
    errors: ['cursor_invalid'],
    async handle({ tx, query: { limit, cursor } }) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const { rows, ...page } = pageOf(await listUsers(tx, { after, limit }), limit);
      return { data: rows.map(presentUser), ...page };
    },
  }),
  defineRoute({
    method: 'POST',
    path,
    operationId: 'createUser',
    tag,
    summary: 'Add a user to the tenant',
    permission: 'members.manage',
    body: newUserSchema,
    status: 201,
    response: dataOf(userSchema),
    errors: ['email_taken'],
    async handle(context) {
      const { tx, caller, body } = context;
      requireOwnerFor(caller, body.role);
      const { permissions = null, ...rest } = body;
      const user = await insertUser(tx, { id: uuidv7(), permissions, ...rest }).catch(emailTaken);
      await audit(context, {
        action: 'member.created',
        resourceType: 'user',
        resourceId: user.id,
        details: { role: user.role },
      });
      return { data: presentUser(user) };
    },
  }),
  defineRoute({
    method: 'PATCH',
    path: `${path}/:id`,
    operationId: 'updateUser',
    tag,
    summary: 'Change a user: name, role, own permissions, switched on or off',
    permission: 'members.manage',
    params: idParams,
    body: userChangeSchema,
    status: 200,
    response: dataOf(userSchema),
    errors: ['last_owner'],
    async handle(context) {
      const { tx, caller, params, body } = context;
      const before = isUuid(params.id) ? await findUser(tx, params.id) : undefined;
      if (before === undefined) throw new TidegateError('not_found');
      requireOwnerFor(caller, before.role, body.role);
      const owners = await lockActiveOwners(tx);
      const staysOwner = (body.role ?? before.role) === 'owner' && (body.isActive ?? true);
      if (owners.length === 1 && owners[0] === before.id && !staysOwner) {
        throw new TidegateError('last_owner');
      }
      const { name, role, permissions, isActive } = body;
      const user = await updateUser(tx, before.id, {
        ...(name === undefined ? {} : { name }),
        ...(role === undefined ? {} : { role }),
        ...(permissions === undefined ? {} : { permissions }),
        ...(isActive === undefined ? {} : { isActive }),
      });
      if (user === undefined) throw new TidegateError('not_found');
      await audit(context, {
        action: 'member.updated',
        resourceType: 'user',
        resourceId: user.id,
        details: { changed: Object.keys(body) },
      });
      return { data: presentUser(user) };
    },
  }),
];

function emailTaken(error: unknown): never {
  if (databaseError(error)?.constraint === 'users_email') throw new TidegateError('email_taken');
  throw error;
}
