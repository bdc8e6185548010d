import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { makeAutomationKey } from '../../../../shared/crypto/tokens.ts';
import { releaseClaimsOf } from '../../../../shared/db/queries/automation-claims.ts';
import {
  deleteCredential,
  findCredential,
  insertCredential,
  listCredentials,
  replaceCredentialSecret,
  setCredentialStatus,
  type Credential,
} from '../../../../shared/db/queries/automation-credentials.ts';
import { removeStrayWindows } from '../../../../shared/db/queries/automation-rate-windows.ts';
import type { TenantTx } from '../../../../shared/db/tenant.ts';
import { decodeCursor, pageOf } from '../../../../shared/domain/cursor.ts';
import { fromWireId, toWireId } from '../../../../shared/domain/ids.ts';
import { scopes } from '../../../../shared/domain/scopes.ts';
import { invalid, TidegateError } from '../../../../shared/errors/tidegate-error.ts';
import { cursorSchema, limitSchema } from '../../../../shared/schemas/common.ts';
import {
  credentialAnswerSchema,
  credentialListSchema,
  newCredentialSchema,
  shownCredentialSchema,
  type CredentialView,
} from '../../../../shared/schemas/credential-api.ts';
import { audit } from '../audit.ts';
import { defineRoute, type ApiContext, type ApiRoute } from '../route.ts';

const tag = 'Credentials';
const path = '/api/v1/credentials';
const permission = 'settings.integrations';
const params = z.object({ id: z.string().max(64) });

/**
 * Keys of automation clients (S-102, S-103, S-105), for administrators: no credential makes another one.
 * Name, scopes and expiry are fixed; to change them, make another credential.
 */
export const credentialRoutes: readonly ApiRoute[] = [
  defineRoute({
    method: 'GET',
    path,
    operationId: 'listCredentials',
    tag,
    summary: 'The automation credentials, newest first',
    permission,
    query: z.object({ limit: limitSchema(20), cursor: cursorSchema }),
    status: 200,
    response: credentialListSchema,
    errors: ['cursor_invalid'],
    async handle({ tx, query: { limit, cursor } }) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const { rows, ...page } = pageOf(await listCredentials(tx, { after, limit }), limit);
      return { data: rows.map(present), ...page };
    },
  }),
  defineRoute({
    method: 'POST',
    path,
    operationId: 'createCredential',
    tag,
    summary: 'Make a credential; its secret is shown once',
    permission,
    body: newCredentialSchema,
    status: 201,
    response: shownCredentialSchema,
    async handle(context) {
      const { tx, caller, body } = context;
      const expiresAt = expiryOf(body.expiresAt);
      const { token: secret, sha256, prefix } = makeAutomationKey();
      const made = await insertCredential(tx, {
        id: uuidv7(),
        name: body.name,
        actorName: body.actorName,
        scopes: scopes.filter((scope) => body.scopes.includes(scope)),
        sha256,
        prefix,
        expiresAt,
        createdBy: caller.userId,
      });
      await auditCredential(context, made, 'created');
      return { data: present(made), secret };
    },
  }),
  defineRoute({
    method: 'GET',
    path: `${path}/:id`,
    operationId: 'readCredential',
    tag,
    summary: 'One credential',
    permission,
    params,
    status: 200,
    response: credentialAnswerSchema,
    handle: async ({ tx, params: { id } }) => ({ data: present(await requireCredential(tx, id)) }),
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/:id/rotate`,
    operationId: 'rotateCredential',
    tag,
    summary: 'Replace the secret; the old one stops at the next request',
    description: 'The new secret is shown once. A disabled credential stays disabled.',
    permission,
    params,
    status: 200,
    response: shownCredentialSchema,
    errors: ['credential_lapsed'],
    async handle(context) {
      const { tx } = context;
      const credential = await requireCredential(tx, context.params.id, 'for update');
      if (credential.isExpired) throw new TidegateError('credential_lapsed');
      const { token: secret, sha256, prefix } = makeAutomationKey();
      await replaceCredentialSecret(tx, credential.id, { sha256, prefix });
      await auditCredential(context, credential, 'rotated');
      return { data: present({ ...credential, secretPrefix: prefix }), secret };
    },
  }),
  statusRoute('disabled', 'Disable a credential; it is refused from the next request on'),
  statusRoute('active', 'Let a disabled credential work again, with the secret that it has'),
  defineRoute({
    method: 'DELETE',
    path: `${path}/:id`,
    operationId: 'removeCredential',
    tag,
    summary: 'Remove a credential; its claims end, and what it wrote stays',
    permission,
    params,
    status: 204,
    async handle(context) {
      const { tx } = context;
      const credential = await requireCredential(tx, context.params.id);
      const endedClaims = await releaseClaimsOf(tx, credential.id);
      if (!(await deleteCredential(tx, credential.id))) throw new TidegateError('not_found');
      await removeStrayWindows(tx);
      await auditCredential(context, credential, 'removed', { endedClaims });
    },
  }),
];

/**
 * A credential that is in the state already stays in it, and nothing is noted. One that has expired can
 * be disabled; to enable it would promise what its expiry forbids.
 */
function statusRoute(wanted: 'active' | 'disabled', summary: string): ApiRoute {
  const verb = wanted === 'active' ? 'enable' : 'disable';
  return defineRoute({
    method: 'POST',
    path: `${path}/:id/${verb}`,
    operationId: `${verb}Credential`,
    tag,
    summary,
    permission,
    params,
    status: 200,
    response: credentialAnswerSchema,
    errors: wanted === 'active' ? ['credential_lapsed'] : [],
    async handle(context) {
      const { tx } = context;
      const credential = await requireCredential(tx, context.params.id, 'for update');
      if (wanted === 'active' && credential.isExpired) throw new TidegateError('credential_lapsed');
      if (credential.status !== wanted) {
        await setCredentialStatus(tx, credential.id, wanted);
        await auditCredential(context, credential, wanted === 'active' ? 'enabled' : 'disabled');
      }
      return { data: present({ ...credential, status: wanted }) };
    },
  });
}

/** The credential under a wire id. Throws `not_found`. */
async function requireCredential(
  tx: TenantTx,
  wireId: string,
  lock: 'none' | 'for update' = 'none',
): Promise<Credential> {
  const id = fromWireId('credential', wireId);
  const credential = id === undefined ? undefined : await findCredential(tx, id, lock);
  if (credential === undefined) throw new TidegateError('not_found');
  return credential;
}

/** When a new credential stops working. Throws `validation_failed` for a moment that is not to come. */
function expiryOf(given: string | null | undefined): Date | null {
  if (given === null || given === undefined) return null;
  const moment = new Date(given);
  if (moment.getTime() > Date.now()) return moment;
  throw invalid('/expiresAt', 'A credential expires at a moment that is still to come.');
}

function present(credential: Credential): CredentialView {
  const { isExpired, status } = credential;
  return {
    id: toWireId('credential', credential.id),
    name: credential.name,
    actorName: credential.actorName,
    secretPrefix: credential.secretPrefix,
    scopes: [...credential.scopes],
    status: status === 'active' && isExpired ? 'expired' : status,
    expiresAt: credential.expiresAt?.toISOString() ?? null,
    lastUsedAt: credential.lastUsedAt?.toISOString() ?? null,
    createdBy: credential.createdBy,
    createdAt: credential.createdAt.toISOString(),
  };
}

type SubAction = 'created' | 'enabled' | 'rotated' | 'disabled' | 'removed';

/** Two actions stand for five: whether a program got access, or lost what it had (S-123). */
function auditCredential(
  context: Pick<ApiContext, 'tx' | 'caller'>,
  { id, name, secretPrefix }: Credential,
  subAction: SubAction,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const isGrant = subAction === 'created' || subAction === 'enabled';
  return audit(context, {
    action: isGrant ? 'integration.created' : 'integration.revoked',
    resourceType: 'automationCredential',
    resourceId: id,
    details: { subAction, name, secretPrefix, ...details },
  });
}
