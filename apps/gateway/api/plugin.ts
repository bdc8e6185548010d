import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import { touchPersonalToken } from '../../../shared/db/queries/personal-tokens.ts';
import type { TenantTx, WithTenant } from '../../../shared/db/tenant.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { requirePermission, type Authenticate, type Authenticated } from './authenticate.ts';
import { mutateOnce, type MutationAnswer } from './idempotency.ts';
import { useApiConventions } from './conventions.ts';
import type { ErrorForm } from './error-form.ts';
import type { AdmitRead } from './read-limit.ts';
import { schemaOf } from './route-schema.ts';
import { isMutation, type ApiRoute } from './route.ts';

export interface ApiDeps {
  readonly routes: readonly ApiRoute[];
  readonly authenticate: Authenticate;
  readonly withTenant: WithTenant;
  readonly vault: TenantVault;
  readonly admitRead: AdmitRead;
  /** How errors are answered; problem+json when absent. */
  readonly errorForm?: ErrorForm;
}

const bodyLimitBytes = 65_536;
/** The management API under /api/v1: every route proves its caller, validates, and runs in one transaction. */
export const managementApi: FastifyPluginCallback<ApiDeps> = (app, deps, done) => {
  useApiConventions(app, deps.errorForm);
  for (const route of deps.routes) addRoute(app, deps, route);
  done();
};

function addRoute(app: FastifyInstance, deps: ApiDeps, route: ApiRoute): void {
  const callers = new WeakMap<FastifyRequest, Authenticated>();
  app.route({
    method: route.method,
    url: route.path,
    bodyLimit: route.bodyLimitBytes ?? bodyLimitBytes,
    schema: schemaOf(route, deps.errorForm),
    // Before the body is read: who may not do this learns nothing about what it would take.
    onRequest: async (request) => {
      const authenticated = await deps.authenticate(request.headers.authorization);
      requirePermission(authenticated.caller, route.permission);
      if (route.isCountedRead === true) await deps.admitRead(authenticated.caller);
      callers.set(request, authenticated);
    },
    handler: async (request, reply) => {
      const authenticated = callers.get(request);
      if (authenticated === undefined) throw new TidegateError('unauthenticated');
      return answer(deps, route, authenticated, request, reply);
    },
  });
}

async function answer(
  deps: ApiDeps,
  route: ApiRoute,
  { caller, isTouchDue }: Authenticated,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  await route.prepare?.({ body: request.body });
  const later: (() => void)[] = [];
  const handle = async (tx: TenantTx): Promise<MutationAnswer> => ({
    status: route.status,
    body: await route.handle({
      tx,
      caller,
      params: request.params,
      query: request.query,
      body: request.body,
      afterCommit: (work) => void later.push(work),
    }),
  });
  const { tenantId, userId: callerId } = caller;
  const withTenant: WithTenant = (id, work) =>
    deps.withTenant(id, async (tx) => {
      if (isTouchDue) await touchPersonalToken(tx, caller.tokenId);
      return work(tx);
    });
  const result = isMutation(route)
    ? await mutateOnce({ ...deps, withTenant }, { request, reply, tenantId, callerId }, handle)
    : await withTenant(tenantId, handle);
  for (const work of later) work();
  request.log.info({
    event: 'api.answered',
    operation: route.operationId,
    tenantSlug: caller.tenantSlug,
    userId: caller.userId,
    status: result.status,
    durationMs: Math.round(reply.elapsedTime),
  });
  return reply.code(result.status).send(result.body);
}
