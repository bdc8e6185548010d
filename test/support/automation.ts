import { randomUUID } from 'node:crypto';
import { makeAutomationKey } from '../../shared/crypto/tokens.ts';
import { insertCredential } from '../../shared/db/queries/automation-credentials.ts';
import { scopes as allScopes, type Scope } from '../../shared/domain/scopes.ts';
import type { TestTenant } from './factory.ts';
import type { TestStack } from './stack.ts';

export interface TestKey {
  readonly id: string;
  readonly secret: string;
  readonly actorName: string;
}

/** A credential of a tenant, with all 18 scopes or with those given, the way the product stores it. */
export async function automationKey(
  { factory }: Pick<TestStack, 'factory'>,
  tenant: TestTenant,
  scopes: readonly Scope[] = allScopes,
  options: { readonly expiresAt?: Date; readonly actorName?: string } = {},
): Promise<TestKey> {
  const id = randomUUID();
  const { token, sha256, prefix } = makeAutomationKey();
  const { expiresAt = null, actorName = 'test bot' } = options;
  await factory.withTenant(tenant.id, (tx) =>
    insertCredential(tx, {
      id,
      name: 'Test',
      actorName,
      sha256,
      prefix,
      scopes,
      expiresAt,
      createdBy: null,
    }),
  );
  return { id, secret: token, actorName };
}
