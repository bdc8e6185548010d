import { v7 as uuidv7 } from 'uuid';
import type { SealedEndpointSecret } from '../db/queries/endpoint-gates.ts';
import type { TenantTx } from '../db/tenant.ts';
import type { EndpointId } from '../domain/ids.ts';
import { parseSigningSecret, type SigningSecret } from '../signing/secrets.ts';
import type { SecretPlace, TenantVault } from './tenant-vault.ts';

/** Where an endpoint's secret lives; bound into its seal. */
const secretPlace = (rowId: string): SecretPlace => ({
  table: 'endpoint_secrets',
  column: 'sealed',
  rowId,
});

const headersPlace = (endpointId: EndpointId): SecretPlace => ({
  table: 'endpoints',
  column: 'sealed_headers',
  rowId: endpointId,
});

/** Seals a signing secret under an id of its own, ready to be stored. */
export async function sealEndpointSecret(
  vault: TenantVault,
  tx: TenantTx,
  text: string,
): Promise<{ readonly id: string; readonly sealed: Buffer }> {
  const id = uuidv7();
  return { id, sealed: await vault.seal(tx, secretPlace(id), Buffer.from(text)) };
}

/** Seals a secret that was stored as plain text, under the id that its row has. */
export const sealLegacySecret = (
  vault: TenantVault,
  tx: TenantTx,
  id: string,
  text: string,
): Promise<Buffer> => vault.seal(tx, secretPlace(id), Buffer.from(text));

/**
 * Opens the secrets of an endpoint, in their order. Throws when one was moved from another row, its key
 * is gone, or what is inside is no signing secret.
 */
export async function openEndpointSecrets(
  vault: TenantVault,
  tx: TenantTx,
  secrets: readonly SealedEndpointSecret[],
): Promise<readonly { readonly secret: SigningSecret; readonly prefix: string }[]> {
  const opened: { secret: SigningSecret; prefix: string }[] = [];
  for (const { id, prefix, sealed, isLegacy = false } of secrets) {
    const text = isLegacy ? sealed : await vault.open(tx, secretPlace(id), sealed);
    const secret = parseSigningSecret(text.toString('utf8'));
    if (secret === undefined) throw new Error(`endpoint secret ${id} is no signing secret`);
    opened.push({ secret, prefix });
  }
  return opened;
}

/** Seals the headers that an endpoint adds to its requests: a value may be a credential. */
export function sealEndpointHeaders(
  vault: TenantVault,
  tx: TenantTx,
  endpointId: EndpointId,
  headers: Readonly<Record<string, string>>,
): Promise<Buffer> {
  return vault.seal(tx, headersPlace(endpointId), Buffer.from(JSON.stringify(headers)));
}

/** The headers that an endpoint adds to its requests; none when none are stored. */
export async function openEndpointHeaders(
  vault: TenantVault,
  tx: TenantTx,
  endpointId: EndpointId,
  sealed: Buffer | null,
): Promise<Readonly<Record<string, string>>> {
  if (sealed === null) return {};
  const opened = await vault.open(tx, headersPlace(endpointId), sealed);
  return JSON.parse(opened.toString('utf8')) as Record<string, string>;
}
