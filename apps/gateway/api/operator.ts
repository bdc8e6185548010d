import { timingSafeEqual } from 'node:crypto';
import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { hashToken } from '../../../shared/crypto/tokens.ts';
import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import { decodeCursor, pageOf } from '../../../shared/domain/cursor.ts';
import type { Pool } from '../../../shared/db/pool.ts';
import { findTenant, listTenants } from '../../../shared/db/queries/tenants.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import {
  createdTenantSchema,
  newTenantSchema,
  tenantChangeSchema,
  tenantSchema,
} from '../../../shared/schemas/access.ts';
import { cursorSchema, dataOf, limitSchema, listOf } from '../../../shared/schemas/common.ts';
import { useApiConventions } from './conventions.ts';
import { mutateOnce } from './idempotency.ts';
import {
  changeTenant,
  createTenant,
  existingId,
  newTenantId,
  operatorId,
  presentTenant,
} from './operator-tenants.ts';
import { schemaOf } from './route-schema.ts';

export interface OperatorDeps {
  /** The installation's own token; without one these routes refuse everybody. */
  readonly operatorToken: string | undefined;
  readonly pool: Pool;
  readonly withTenant: WithTenant;
  readonly vault: TenantVault;
}

const path = '/api/v1/tenants';
const tag = 'Tenants';
const idParams = z.object({ id: z.string().max(64) });

/** Tenants of the installation, for whoever runs it: the only routes that no tenant's token opens. */
export const operatorRoutes: FastifyPluginCallback<OperatorDeps> = (app, deps, done) => {
  useApiConventions(app);
  app.addHook('onRequest', async ({ headers }) => requireOperator(deps.operatorToken, headers));

  app.get(
    path,
    {
      schema: schemaOf({
        method: 'GET',
        path,
        operationId: 'listTenants',
        tag,
        summary: 'The tenants of the installation, newest first',
        permission: 'operator',
        query: z.object({ limit: limitSchema(20), cursor: cursorSchema }),
        status: 200,
        response: listOf(tenantSchema),
        errors: ['cursor_invalid'],
      }),
    },
    async ({ query }) => {
      const { limit, cursor } = query as { limit: number; cursor?: string };
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const { rows, ...page } = pageOf(await listTenants(deps.pool, { after, limit }), limit);
      return { data: rows.map(presentTenant), ...page };
    },
  );

  app.post(
    path,
    {
      schema: schemaOf({
        method: 'POST',
        path,
        operationId: 'createTenant',
        tag,
        summary: 'Make a tenant with its first owner and a token of theirs, shown once',
        permission: 'operator',
        body: newTenantSchema,
        status: 201,
        response: createdTenantSchema,
      }),
    },
    async (request, reply) => {
      const tenantId = newTenantId(deps.operatorToken ?? '', request);
      const body = request.body as z.output<typeof newTenantSchema>;
      const mutation = { request, reply, tenantId, callerId: operatorId };
      const answer = await mutateOnce(deps, mutation, async (tx) => ({
        status: 201,
        body: await createTenant(tx, body),
      }));
      return reply.code(answer.status).send(answer.body);
    },
  );

  app.get<{ Params: { id: string } }>(
    `${path}/:id`,
    {
      schema: schemaOf({
        method: 'GET',
        path: `${path}/:id`,
        operationId: 'readTenant',
        tag,
        summary: 'One tenant',
        permission: 'operator',
        params: idParams,
        status: 200,
        response: dataOf(tenantSchema),
      }),
    },
    async ({ params }) => {
      const tenant = await deps.withTenant(existingId(params.id), (tx) => findTenant(tx));
      if (tenant === undefined) throw new TidegateError('not_found');
      return { data: presentTenant(tenant) };
    },
  );

  app.patch<{ Params: { id: string } }>(
    `${path}/:id`,
    {
      schema: schemaOf({
        method: 'PATCH',
        path: `${path}/:id`,
        operationId: 'updateTenant',
        tag,
        summary:
          'Rename a tenant, or switch its receiver, its events or who owns endpoints; gateways follow within a minute',
        permission: 'operator',
        params: idParams,
        body: tenantChangeSchema,
        status: 200,
        response: dataOf(tenantSchema),
      }),
    },
    async (request, reply) => {
      const body = request.body as z.output<typeof tenantChangeSchema>;
      const tenantId = existingId(request.params.id);
      const mutation = { request, reply, tenantId, callerId: operatorId };
      const answer = await mutateOnce(deps, mutation, async (tx) => {
        const tenant = await changeTenant(tx, body);
        return { status: 200, body: { data: presentTenant(tenant) } };
      });
      return reply.code(answer.status).send(answer.body);
    },
  );
  done();
};

function requireOperator(
  operatorToken: string | undefined,
  headers: FastifyRequest['headers'],
): void {
  const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  const isKnown =
    operatorToken !== undefined && timingSafeEqual(hashToken(given), hashToken(operatorToken));
  if (!isKnown) {
    throw new TidegateError('unauthenticated', 'This needs the token of TIDEGATE_OPERATOR_TOKEN.');
  }
}
