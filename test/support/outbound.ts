import { v7 as uuidv7 } from 'uuid';
import { sealEndpointSecret } from '../../shared/crypto/endpoint-secrets.ts';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import {
  endpointDefaults,
  insertEndpoint,
  type EndpointSettings,
} from '../../shared/db/queries/endpoints.ts';
import { insertEndpointSecret } from '../../shared/db/queries/endpoint-secrets.ts';
import type { WithTenant } from '../../shared/db/tenant.ts';
import { parseEndpointId, type EndpointId, type TenantId } from '../../shared/domain/ids.ts';
import {
  makeSecretFor,
  secretKindOf,
  type SignatureProfile,
} from '../../shared/signing/profiles.ts';
import { secretPrefix } from '../../shared/signing/secrets.ts';

export interface TestEndpoint {
  readonly id: EndpointId;
  readonly secret: string;
}

/** Makes an endpoint the way the product stores one: tried as often as it has waits, without jitter. */
export async function makeEndpoint(
  withTenant: WithTenant,
  masterKeys: string,
  tenantId: TenantId,
  settings: Partial<EndpointSettings> & { readonly url: string },
): Promise<TestEndpoint> {
  const vault = makeTenantVault(parseKeyRing(masterKeys));
  const id = parseEndpointId(uuidv7());
  const profile = (settings.signatureProfile ?? 'standard') as SignatureProfile;
  const secret = makeSecretFor(profile);
  await withTenant(tenantId, async (tx) => {
    const all = { ...endpointDefaults, name: `e-${id.slice(-12)}`, ...settings };
    await insertEndpoint(tx, id, all, { createdBy: null, ownerUserId: null });
    const sealed = await sealEndpointSecret(vault, tx, secret);
    await insertEndpointSecret(tx, id, {
      ...sealed,
      kind: secretKindOf(profile),
      prefix: secretPrefix(secret),
      publicKey: null,
    });
  });
  return { id, secret };
}
