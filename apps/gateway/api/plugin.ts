import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import { touchPersonalToken } from '../../../shared/db/queries/personal-tokens.ts';
import type { TenantTx, WithTenant } from '../../../shared/db/tenant.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { requireAccess, type Authenticate, type Authenticated } from './authenticate.ts';
import { callerIdOf, type Caller } from './caller.ts';
import { prepareAndMutateOnce, type MutationAnswer } from './idempotency.ts';
import { useApiConventions } from './conventions.ts';
import type { ErrorForm } from './error-form.ts';
import type { AdmitKey } from './key-limit.ts';
import type { AdmitRead } from './read-limit.ts';
import { schemaOf } from './route-schema.ts';
import { isMutation, type ApiRoute } from './route.ts';

export interface ApiDeps {
  readonly routes: readonly ApiRoute[];
  readonly authenticate: Authenticate;
  readonly withTenant: WithTenant;
  readonly vault: TenantVault;
  readonly admitRead: AdmitRead;
  readonly admitKey: AdmitKey;
  /** How errors are answered; problem+json when absent. */
  readonly errorForm?: ErrorForm;
}

/** What a body holds at most where a route says nothing else. */
export const apiBodyBytesMax = 65_536;

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
    bodyLimit: route.bodyLimitBytes ?? apiBodyBytesMax,
    schema: schemaOf(route, deps.errorForm),
    // Before the body is read: who may not do this learns nothing about what it would take.
    onRequest: async (request, reply) => {
      const authenticated = await deps.authenticate(request.headers.authorization);
      requireAccess(authenticated.caller, route);
      await admit(deps, route, authenticated, reply);
      callers.set(request, authenticated);
    },
    handler: async (request, reply) => {
      const authenticated = callers.get(request);
      if (authenticated === undefined) throw new TidegateError('unauthenticated');
      return answer(deps, route, authenticated, request, reply);
    },
  });
}

/** Counts a request that may pass. Every request of a credential counts, and some reads of a user. */
export async function admit(
  deps: Pick<ApiDeps, 'admitRead' | 'admitKey'>,
  route: Pick<ApiRoute, 'isCountedRead'>,
  { caller, isTouchDue }: Authenticated,
  reply: FastifyReply,
): Promise<void> {
  if (caller.kind === 'user') {
    if (route.isCountedRead === true) await deps.admitRead(caller);
    return;
  }
  const { headers, refusal } = await deps.admitKey({ caller, isTouchDue });
  reply.headers({ ...headers });
  if (refusal !== undefined) throw refusal;
}

async function answer(
  deps: ApiDeps,
  route: ApiRoute,
  { caller, isTouchDue }: Authenticated,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const later: (() => void)[] = [];
  const { body } = request;
  const handle = async (tx: TenantTx, prepared?: unknown): Promise<MutationAnswer> => {
    const { params, query } = request;
    const afterCommit = (work: () => void): void => void later.push(work);
    const context = { tx, caller, params, query, body, afterCommit };
    return { status: route.status, body: await route.handle(context, prepared) };
  };
  const prepare = preparationOf(route, { caller, body });
  const { tenantId } = caller;
  const callerId = callerIdOf(caller);
  const withTenant: WithTenant = (id, work) =>
    deps.withTenant(id, async (tx) => {
      // That of a credential was noted when it was counted.
      if (isTouchDue && caller.kind === 'user') await touchPersonalToken(tx, caller.tokenId);
      return work(tx);
    });
  const { repeatStatus } = route;
  const http = { request, reply, tenantId, callerId, repeatStatus };
  const result = isMutation(route)
    ? await prepareAndMutateOnce({ ...deps, withTenant }, http, prepare, handle)
    : await withTenant(tenantId, handle);
  for (const work of later) work();
  request.log.info({
    event: 'api.answered',
    operation: route.operationId,
    tenantSlug: caller.tenantSlug,
    [caller.kind === 'user' ? 'userId' : 'credentialId']: callerId,
    status: result.status,
    durationMs: Math.round(reply.elapsedTime),
  });
  return reply.code(result.status).send(result.body);
}

/** The work of a route before its transaction, for one request; undefined where it has none. */
function preparationOf(
  { prepare }: ApiRoute,
  request: { readonly caller: Caller; readonly body: unknown },
): ((requestId: string) => Promise<unknown>) | undefined {
  return prepare && ((requestId) => prepare({ ...request, requestId }));
}
