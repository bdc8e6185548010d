import { sealEndpointSecret } from '../crypto/endpoint-secrets.ts';
import type { TenantVault } from '../crypto/tenant-vault.ts';
import { recordAudit, type AuditEntry } from '../db/queries/audit-entries.ts';
import { insertEndpointSecret } from '../db/queries/endpoint-secrets.ts';
import {
  currentSecretPrefix,
  endCurrentSecrets,
  eraseCurrentSecrets,
  erasePreviousSecrets,
  lockEndpointSecrets,
  restorePreviousSecrets,
  stampEndpoint,
  takeRotationWarning,
  watchRotation,
  type RotationStanding,
} from '../db/queries/secret-rotations.ts';
import type { TenantTx } from '../db/tenant.ts';
import type { EndpointId } from '../domain/ids.ts';
import { acceptsSecret, secretKindOf, type SignatureProfile } from '../signing/profiles.ts';
import {
  makeSecretOf,
  parseSigningSecret,
  publicKeyOf,
  secretPrefix,
  type SecretKind,
} from '../signing/secrets.ts';
import { publishEndpointEvent } from './endpoint-event.ts';

/** Who asks for a change: a user of the tenant, or the rotation itself. */
export type RotationActor = Pick<AuditEntry, 'actorType' | 'actorId'>;
export const rotationItself: RotationActor = { actorType: 'system', actorId: null };

/** The owner is warned this long before the end, or half-way there when that is later. */
const warnBeforeSeconds = 3_600;

export interface RotationRequest {
  readonly endpointId: EndpointId;
  /** How long the old secret signs beside the new one; 0 ends it at once. */
  readonly graceSeconds: number;
  /** Kind of the new secret; what the endpoint's profile draws when absent. */
  readonly kind?: SecretKind | undefined;
}

export type Rotated =
  | {
      readonly kind: 'rotated';
      /** Shown once. */
      readonly signingSecret: string;
      /** Of an Ed25519 pair; else null. */
      readonly publicKey: string | null;
      /** Null when nothing signs beside the new secret. */
      readonly previousSecretExpiresAt: Date | null;
    }
  | { readonly kind: 'no_endpoint' }
  /** The signature profile of the endpoint cannot sign with a secret of that kind. */
  | { readonly kind: 'kind_refused' };

/**
 * Gives an endpoint a new secret, all in the transaction: with its commit deliveries are signed with
 * both (S-070), or with a grace of 0 with the new one only (S-071). At most two generations sign: what
 * an earlier rotation had left is erased. The caller has the rotation's run started after the commit.
 */
export async function rotateSecret(
  vault: TenantVault,
  tx: TenantTx,
  { endpointId, graceSeconds, ...wanted }: RotationRequest,
  actor: RotationActor,
): Promise<Rotated> {
  const endpoint = await lockEndpointSecrets(tx, endpointId);
  if (endpoint === undefined) return { kind: 'no_endpoint' };
  const profile = endpoint.signatureProfile as SignatureProfile;
  const kind = wanted.kind ?? secretKindOf(profile);
  const signingSecret = makeSecretOf(kind);
  const parsed = parseSigningSecret(signingSecret);
  if (parsed === undefined || !acceptsSecret(profile, parsed)) return { kind: 'kind_refused' };

  await erasePreviousSecrets(tx, endpointId, 'all');
  const previousSecretExpiresAt = await retireCurrent(tx, endpointId, graceSeconds);
  const publicKey = parsed.kind === 'ed25519' ? publicKeyOf(parsed) : null;
  // People tell key pairs apart by the half that they may see.
  const prefix = secretPrefix(publicKey ?? signingSecret);
  const sealed = await sealEndpointSecret(vault, tx, signingSecret);
  await insertEndpointSecret(tx, endpointId, { ...sealed, kind, prefix, publicKey });
  await stampEndpoint(tx, endpointId);
  await note(tx, endpointId, actor, 'secret_rotated', { graceSeconds, kind, prefix });
  if (previousSecretExpiresAt === null) await reportRotated(tx, endpointId, null);
  return { kind: 'rotated', signingSecret, publicKey, previousSecretExpiresAt };
}

/** Says until when the secrets that were current still sign; null when they do not. */
async function retireCurrent(
  tx: TenantTx,
  endpointId: EndpointId,
  graceSeconds: number,
): Promise<Date | null> {
  if (graceSeconds === 0) {
    await eraseCurrentSecrets(tx, endpointId);
    return null;
  }
  const warnAfterSeconds = Math.max(graceSeconds - warnBeforeSeconds, graceSeconds / 2);
  return (await endCurrentSecrets(tx, endpointId, { graceSeconds, warnAfterSeconds })) ?? null;
}

/** Ends the grace of a rotation now: the old secret is erased. False when no rotation is running. */
export async function finishRotation(
  tx: TenantTx,
  endpointId: EndpointId,
  actor: RotationActor,
): Promise<boolean> {
  await lockEndpointSecrets(tx, endpointId);
  if ((await erasePreviousSecrets(tx, endpointId, 'all')) === undefined) return false;
  await stampEndpoint(tx, endpointId);
  await note(tx, endpointId, actor, 'rotation_finished');
  await reportRotated(tx, endpointId, null);
  return true;
}

/**
 * Takes a rotation back: the old secret is the current one again, and the new one is erased. False when
 * no rotation is running; an old secret that has ended stays so.
 */
export async function abortRotation(
  tx: TenantTx,
  endpointId: EndpointId,
  actor: RotationActor,
): Promise<boolean> {
  await lockEndpointSecrets(tx, endpointId);
  const standing = await watchRotation(tx, endpointId);
  if (standing === undefined || standing.endsInMs <= 0) return false;
  await eraseCurrentSecrets(tx, endpointId);
  // It ended between the two looks: nothing may be left without a secret.
  if ((await restorePreviousSecrets(tx, endpointId)) === 0)
    throw new Error('the rotation has ended');
  await stampEndpoint(tx, endpointId);
  await note(tx, endpointId, actor, 'rotation_aborted');
  return true;
}

/**
 * Does what is due of a rotation: warns its owner, or erases the old secret at its end. Says what is
 * still to come; undefined when that is nothing. Safe to repeat, whoever asks.
 */
export async function tendRotation(
  tx: TenantTx,
  endpointId: EndpointId,
): Promise<RotationStanding | undefined> {
  if ((await lockEndpointSecrets(tx, endpointId)) === undefined) return undefined;
  const endedAt = await erasePreviousSecrets(tx, endpointId, 'ended');
  if (endedAt !== undefined) {
    await stampEndpoint(tx, endpointId);
    await note(tx, endpointId, rotationItself, 'rotation_finished');
    await reportRotated(tx, endpointId, endedAt);
    return undefined;
  }
  const endsAt = await takeRotationWarning(tx, endpointId);
  if (endsAt !== undefined) {
    await publishEndpointEvent(tx, endpointId, 'endpoint.secret_expiring', {
      previousSecretExpiresAt: endsAt.toISOString(),
    });
  }
  return watchRotation(tx, endpointId);
}

async function reportRotated(
  tx: TenantTx,
  endpointId: EndpointId,
  endedAt: Date | null,
): Promise<void> {
  await publishEndpointEvent(tx, endpointId, 'endpoint.secret_rotated', {
    secretPrefix: (await currentSecretPrefix(tx, endpointId)) ?? '',
    previousSecretExpiresAt: endedAt?.toISOString() ?? null,
  });
}

const note = (
  tx: TenantTx,
  endpointId: EndpointId,
  actor: RotationActor,
  verb: string,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> =>
  recordAudit(tx, {
    ...actor,
    action: `webhook.${verb}`,
    resourceType: 'webhook',
    resourceId: endpointId,
    details,
  });
