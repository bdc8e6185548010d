import { v7 as uuidv7 } from 'uuid';
import { sealEndpointSecret } from '../../shared/crypto/endpoint-secrets.ts';
import type { TenantVault } from '../../shared/crypto/tenant-vault.ts';
import { insertEndpointSecret } from '../../shared/db/queries/endpoint-secrets.ts';
import {
  endpointDefaults,
  findEndpointByName,
  insertEndpoint,
  updateEndpoint,
  type EndpointSettings,
} from '../../shared/db/queries/endpoints.ts';
import { endCurrentSecrets } from '../../shared/db/queries/secret-rotations.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import { parseEndpointId, type EndpointId } from '../../shared/domain/ids.ts';
import { secretPrefix } from '../../shared/signing/secrets.ts';

export const demoEndpointName = 'echo';

const second = 1_000;

/** Who tries retries out on a laptop does not want to wait for hours. */
const settings: Omit<EndpointSettings, 'url'> = {
  ...endpointDefaults,
  name: demoEndpointName,
  description: 'The receiver that npm start runs: it verifies and prints what arrives',
  retryProfile: 'custom',
  retryWaitsMs: [2 * second, 5 * second, 15 * second, 60 * second, 300 * second],
  maxInFlight: 4,
  ratePerMinute: 600,
};

/** Where the demo's endpoint leads, and what its receiver verifies with. */
export interface DemoReceiver {
  readonly url: string;
  readonly secret: string;
}

/**
 * Makes the demo's endpoint where there is none. One that is there follows the receiver: to its port of
 * this start, and to its secret, should somebody have rotated it. Everything else stays as it was set.
 */
export async function keepDemoEndpoint(
  vault: TenantVault,
  tx: TenantTx,
  { url, secret }: DemoReceiver,
): Promise<void> {
  const endpoint = await findEndpointByName(tx, demoEndpointName);
  if (endpoint === undefined) {
    const id = parseEndpointId(uuidv7());
    await insertEndpoint(tx, id, { ...settings, url }, { createdBy: null, ownerUserId: null });
    await addSecret(vault, tx, id, secret);
    return;
  }
  const { id } = endpoint;
  if (endpoint.url !== url) await updateEndpoint(tx, id, { ...endpoint, url });
  if (endpoint.secretPrefix === secretPrefix(secret)) return;
  await endCurrentSecrets(tx, id, { graceSeconds: 0, warnAfterSeconds: 0 });
  await addSecret(vault, tx, id, secret);
}

async function addSecret(
  vault: TenantVault,
  tx: TenantTx,
  id: EndpointId,
  secret: string,
): Promise<void> {
  await insertEndpointSecret(tx, id, {
    ...(await sealEndpointSecret(vault, tx, secret)),
    kind: 'whsec',
    prefix: secretPrefix(secret),
    publicKey: null,
  });
}
